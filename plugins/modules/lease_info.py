#!/usr/bin/python
# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read and judge the leases of a flannel network in etcd."""

from __future__ import annotations

DOCUMENTATION = r"""
module: lease_info
short_description: Read and judge the leases of a flannel network in etcd
version_added: 0.1.0
author:
  - overlay.flannel contributors (@overlay-flannel)
description:
  - Returns all leases below a prefix as data, all hosts at once.
  - Judges them against the network, against the hosts that are expected, and against each other.
  - Tells how much room the network has, and which lease ends first.
  - Can wait until each expected host has a lease.
  - The configuration in etcd is judged as well, by the rules of the flannel release in use.
options:
  expected:
    description: The hosts that must have a lease. If empty, no host is missing and none is foreign.
    type: list
    elements: dict
    default: []
    suboptions:
      host:
        description: Name by which findings and leases call the host, usually its inventory name.
        type: str
        required: true
      public_ip:
        description: The IPv4 address that flanneld writes into its lease, by which the other hosts reach it.
        type: str
        required: true
  network:
    description:
      - The network configuration to judge by, in flannel's own spelling.
      - By default the one in etcd. If given and the one in etcd means something else, that is a finding.
    type: dict
  psk:
    description:
      - Becomes C(PSK) of the backend, in the place of one within O(network).
      - Ansible itself keeps it out of logs and results. For a secret within O(network) only this module does that.
    type: str
  renew_margin:
    description:
      - Minutes before its end at which flanneld renews a lease, its C(--subnet-lease-renew-margin).
      - A lease with less, by more than five minutes, belongs to a flanneld that does not renew it.
    type: int
    default: 60
  ttl:
    description:
      - Whether to read how long each lease still lasts.
      - For the v3 API this starts etcdctl once per lease, eight at a time, because etcdctl asks for one lease only.
        That takes about 10 ms of a processor each, so 10 seconds for 1000 leases on one processor. O(timeout) holds for
        each of them.
      - In a large network set it to V(false), and read the times once in a while.
    type: bool
    default: true
  wait:
    description: Whether to wait until each expected host has taken a lease.
    type: bool
    default: false
  wait_timeout:
    description: Seconds after which waiting fails, naming the hosts without a lease.
    type: int
    default: 60
extends_documentation_fragment:
  - overlay.flannel.etcd
  - overlay.flannel.attributes.info
  - overlay.flannel.attributes.actiongroup_etcd
seealso:
  - module: overlay.flannel.lease
  - module: overlay.flannel.network
"""

EXAMPLES = r"""
- name: Read all leases
  overlay.flannel.lease_info:
  register: overlay

- name: Wait until both hosts have a lease, then look whether all is well
  overlay.flannel.lease_info:
    flannel_version: 0.28.10
    expected:
      - host: node1
        public_ip: 192.0.2.11
      - host: node2
        public_ip: 192.0.2.12
    wait: true
  register: overlay
  failed_when: not overlay.healthy

- name: Refuse to add hosts where there is no room for them
  ansible.builtin.assert:
    that: overlay.capacity.free >= 5
    fail_msg: "The network is full with {{ overlay.capacity.full_at }} hosts"

- name: A quick look without times
  overlay.flannel.lease_info:
    ttl: false
"""

RETURN = r"""
api:
  description: The API that was spoken.
  type: str
  returned: success
  sample: v3
config:
  description: The configuration in etcd as it is stored; text if it is no JSON, nothing if there is none.
  type: raw
  returned: success
  sample:
    Network: 10.20.0.0/16
    Backend:
      Type: vxlan
normalized:
  description: What flannel makes of the configuration, with all defaults; nothing if flannel refuses it.
  type: dict
  returned: success
  sample:
    EnableIPv4: true
    Network: 10.20.0.0/16
    SubnetLen: 24
    SubnetMin: 10.20.1.0
    SubnetMax: 10.20.255.0
revision:
  description: Revision of the configuration's key, V(0) if it is not there.
  type: int
  returned: success
  sample: 17
capacity:
  description:
    - Room for hosts, counted in subnets; nothing if flannel refuses the configuration.
    - Subnets that a lease of another length covers are neither used, reserved nor free.
    - Of two families the numbers are those of the one with fewer free subnets.
  type: dict
  returned: success
  contains:
    total:
      description: How many subnets of C(SubnetLen) there are from C(SubnetMin) to C(SubnetMax).
      type: int
      sample: 255
    used:
      description: How many of them belong to hosts.
      type: int
      sample: 3
    reserved:
      description: How many are reserved for hosts that have not taken them.
      type: int
      sample: 1
    free:
      description: How many no lease touches.
      type: int
      sample: 251
    full_at:
      description: With how many hosts the network is full, those with a lease or a reservation included.
      type: int
      sample: 255
    ipv4:
      description: The numbers C(total), C(used), C(reserved) and C(free) of IPv4; nothing if it is switched off.
      type: dict
      sample:
        total: 255
        used: 3
        reserved: 1
        free: 251
    ipv6:
      description: The same of IPv6; nothing if it is switched off.
      type: dict
      sample:
next_expiry:
  description: The lease that ends first; nothing if none ends or if O(ttl=false).
  type: dict
  returned: success
  contains:
    subnet:
      description: Its subnet.
      type: str
      sample: 10.20.5.0/24
    public_ip:
      description: Address of its host.
      type: str
      sample: 192.0.2.11
    host:
      description: Name of its host, if it is one of O(expected).
      type: str
      sample: node1
    ttl:
      description: Seconds that it still lasts.
      type: int
      sample: 86012
    expiry:
      description: When it ends, in UTC.
      type: str
      sample: '2026-11-24T21:07:00Z'
leases:
  description: The leases that flannel can read, by their keys.
  type: list
  elements: dict
  returned: success
  contains:
    key:
      description: The key in etcd.
      type: str
      sample: /flannel/network/subnets/10.20.5.0-24
    subnet:
      description: The subnet of the host.
      type: str
      sample: 10.20.5.0/24
    ipv6_subnet:
      description: Its IPv6 subnet, empty if it has none.
      type: str
      sample: ''
    public_ip:
      description: Address of the host.
      type: str
      sample: 192.0.2.11
    public_ipv6:
      description: IPv6 address of the host, empty if it has none.
      type: str
      sample: ''
    backend:
      description: The backend's type; some backends write none, and a mere reservation has none.
      type: str
      sample: vxlan
    backend_data:
      description: What the backend tells its peers.
      type: raw
      sample:
        VNI: 1
        VtepMAC: 82:5c:0f:11:22:33
    backend_v6_data:
      description: What the backend tells its IPv6 peers.
      type: raw
      sample:
    ttl:
      description: Seconds that it still lasts; nothing if it never ends or if O(ttl=false).
      type: int
      sample: 86012
    expiry:
      description: When it ends, in UTC, by the clock of the host that ran the module.
      type: str
      sample: '2026-11-24T21:07:00Z'
    host:
      description: Name of the host, if it is one of O(expected).
      type: str
      sample: node1
findings:
  description: What is not as it should be.
  type: list
  elements: dict
  returned: success
  contains:
    code:
      description:
        - What was found, as a name for programs.
        - C(config_differs) (error) - etcd holds another configuration than the one that was given.
        - C(config_invalid) (error) - flannel cannot read the configuration in etcd.
        - C(config_missing) (error) - etcd holds no configuration.
        - C(duplicate_address) (error) - A public address has several leases.
        - C(duplicate_expected) (error) - Several expected hosts have the same public address.
        - C(lease_expiring) (error) - A lease was not renewed when it was due.
        - C(lease_foreign) (warning) - A lease belongs to none of the expected hosts.
        - C(lease_missing) (error) - An expected host has no lease.
        - C(lease_not_taken) (error, a warning if the host is not expected) - A host has not taken the subnet
          reserved for it.
        - C(lease_outside_network) (error) - A lease does not fit the configuration.
        - C(lease_overlap) (error) - Two leases overlap.
        - C(lease_without_ttl) (warning) - A lease in etcd v3 has no time to live.
        - C(malformed_key) (warning, an error with flannel 0.21.0 to 0.28.9, which loses its routes) - A key
          below the leases does not name a subnet.
        - C(malformed_value) (warning, an error with flannel 0.21.0 to 0.28.9, which loses its routes) - flannel
          cannot read the text of a lease.
        - C(network_full) (warning, an error if an expected host has none) - No subnet is free.
        - C(network_nearly_full) (warning, an error if they are too few for the expected hosts) - Less than a
          tenth of the subnets is free.
        - C(wrong_backend) (error) - A lease was written for another backend than the configured one.
        - A code of M(overlay.flannel.network) about the configuration in etcd.
      type: str
      sample: lease_missing
    severity:
      description: V(error) or V(warning).
      type: str
      sample: error
    host:
      description: The host's name, else its address, else empty.
      type: str
      sample: node2
    seen:
      description: What is there.
      type: str
      sample: no lease of 192.0.2.12
    expected:
      description: What should be there.
      type: str
      sample: one lease
    fix:
      description: What to do.
      type: str
      sample: start flanneld on the host and look at its journal
healthy:
  description: Whether no finding is an error.
  type: bool
  returned: success
  sample: true
missing:
  description: The expected hosts without a lease.
  type: list
  elements: dict
  returned: if O(wait=true) and the time is over
  contains:
    host:
      description: Its name.
      type: str
      sample: node2
    public_ip:
      description: Its address.
      type: str
      sample: 192.0.2.12
"""

import gc
import typing as t

from ansible_collections.overlay.flannel.plugins.module_utils.common.errors import OverlayError
from ansible_collections.overlay.flannel.plugins.module_utils.etcd.connection import ARGUMENTS, TOGETHER, from_params
from ansible_collections.overlay.flannel.plugins.module_utils.flannel.keys import keys_below
from ansible_collections.overlay.flannel.plugins.module_utils.flannel.psk import PSK_ARGUMENT, secrets, with_psk
from ansible_collections.overlay.flannel.plugins.module_utils.flannel.versions import rules_for
from ansible_collections.overlay.flannel.plugins.module_utils.overlay_module import OverlayModule, run
from ansible_collections.overlay.flannel.plugins.module_utils.registry.expected import expected_hosts
from ansible_collections.overlay.flannel.plugins.module_utils.registry.lease_result import report
from ansible_collections.overlay.flannel.plugins.module_utils.registry.leases import Task, Waiting, read, wait_for
from ansible_collections.overlay.flannel.plugins.module_utils.registry.open_store import open_store


def make_task(params: t.Mapping[str, t.Any]) -> Task:
    store = open_store(from_params(params), params["api"], params["flannel_version"])
    return Task(
        store=store,
        keys=keys_below(params["prefix"], store.api),
        flannel_version=rules_for(params["flannel_version"], store.api),
        expected=expected_hosts(params["expected"]),
        network=with_psk(params["network"], params["psk"]),
        renew_margin=params["renew_margin"] if params["ttl"] else None,
    )


def work(module: OverlayModule) -> dict[str, t.Any]:
    task = make_task(module.params)
    absent = wait_for(task, Waiting(module.params["wait_timeout"])) if module.params["wait"] else []
    result = report(task, read(task))
    module.no_log_values.update(secrets(result["config"]))
    if absent:
        names = ", ".join(f"{one.host} ({one.public_ip})" for one in absent)
        raise OverlayError(
            f"no lease after {module.params['wait_timeout']} s: {names}. Fix: look at flanneld's journal there",
            missing=[one._asdict() for one in absent],
            **result,
        )
    return result


def main() -> None:
    host = {"host": {"type": "str", "required": True}, "public_ip": {"type": "str", "required": True}}
    module = OverlayModule(
        argument_spec={
            **ARGUMENTS,
            "expected": {"type": "list", "elements": "dict", "default": [], "options": host},
            "network": {"type": "dict"},
            "psk": PSK_ARGUMENT,
            "renew_margin": {"type": "int", "default": 60},
            "ttl": {"type": "bool", "default": True},
            "wait": {"type": "bool", "default": False},
            "wait_timeout": {"type": "int", "default": 60},
        },
        required_together=TOGETHER,
        supports_check_mode=True,
    )
    gc.disable()  # thousands of leases live until the end: looking for what could be freed takes a fifth of the time
    run(module, lambda: work(module))


if __name__ == "__main__":
    main()
