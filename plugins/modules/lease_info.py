#!/usr/bin/python
# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Module lease_info: read and check the leases of a flannel network in etcd."""

from __future__ import annotations

DOCUMENTATION = r"""
module: lease_info
short_description: Read and check the leases of a flannel network in etcd
version_added: 0.1.0
author:
  - overlay.flannel contributors (@overlay-flannel)
description:
  - Returns the leases of all hosts below a prefix.
  - Checks them against the network, against the expected hosts, and against each other.
  - Reports how many subnets are free and which lease ends first.
  - Can wait until each expected host has a lease.
  - Checks the configuration in etcd as well, with the rules of the flannel release in use.
options:
  expected:
    description: The hosts that must have a lease. If empty, missing and foreign leases are not reported.
    type: list
    elements: dict
    default: []
    suboptions:
      host:
        description: Name of the host in findings and leases, usually its inventory name.
        type: str
        required: true
      public_ip:
        description: The IPv4 address that flanneld writes into its lease. The other hosts reach the host at this address.
        type: str
        required: true
  network:
    description:
      - The network configuration to check the leases against, in flannel's spelling.
      - The default is the configuration in etcd. If both are there and mean something else, V(config_differs) is reported.
    type: dict
  psk:
    description:
      - Pre-shared key of the V(wireguard) or V(ipsec) backend. Overrides C(PSK) in O(network).
      - Prefer this option. Ansible masks it everywhere (C(no_log)), whereas a key inside O(network) is masked by this module
        only.
    type: str
  renew_margin:
    description:
      - Minutes before the end of a lease at which flanneld renews it, as in C(--subnet-lease-renew-margin).
      - A lease that was due for renewal more than five minutes ago is reported as V(lease_expiring).
    type: int
    default: 60
  ttl:
    description:
      - Whether to read the time to live of each lease.
      - The v3 API needs one etcdctl process per lease, and eight of them run at the same time. Each takes about 10 ms of
        processor time, which is 10 seconds for 1000 leases on one processor. O(timeout) is the limit for each of them.
      - In a large network set it to V(false), and read the times only now and then.
    type: bool
    default: true
  wait:
    description: Whether to wait until each expected host has taken a lease.
    type: bool
    default: false
  wait_timeout:
    description: Maximum number of seconds to wait. The error names the hosts without a lease.
    type: int
    default: 60
  registry:
    description:
      - RV(overlay.flannel.host_info#module:registry) of a host, read a moment ago with the same O(network).
      - If no check of it found anything, and its leases are those of the O(expected) hosts and no others, it is returned, and the module
        does not run on the host.
    type: dict
    default: {}
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

- name: Wait until both hosts have a lease, and fail if a check finds an error
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

- name: Check that five more hosts fit
  ansible.builtin.assert:
    that: overlay.capacity.free >= 5
    fail_msg: "The network is full with {{ overlay.capacity.full_at }} hosts"

- name: Read leases without their times to live
  overlay.flannel.lease_info:
    ttl: false
"""

RETURN = r"""
api:
  description: The API that was used.
  type: str
  returned: success
  sample: v3
config:
  description: The configuration as it is stored in etcd. Text if it is not JSON, null if it is missing.
  type: raw
  returned: success
  sample:
    Network: 10.20.0.0/16
    Backend:
      Type: vxlan
normalized:
  description: The configuration as flannel reads it, with all defaults. Null if flannel refuses it.
  type: dict
  returned: success
  sample:
    EnableIPv4: true
    Network: 10.20.0.0/16
    SubnetLen: 24
    SubnetMin: 10.20.1.0
    SubnetMax: 10.20.255.0
revision:
  description: Revision of the configuration's key in etcd. V(0) if it is missing.
  type: int
  returned: success
  sample: 17
capacity:
  description:
    - Numbers of subnets. Null if flannel refuses the configuration.
    - A subnet that is covered by a lease of another length is neither used, reserved nor free.
    - If the network has IPv4 and IPv6, the numbers are those of the family with fewer free subnets.
  type: dict
  returned: success
  contains:
    total:
      description: Subnets of C(SubnetLen) from C(SubnetMin) to C(SubnetMax).
      type: int
      sample: 255
    used:
      description: Subnets of hosts.
      type: int
      sample: 3
    reserved:
      description: Subnets that are reserved and not yet taken.
      type: int
      sample: 1
    free:
      description: Subnets that no lease overlaps.
      type: int
      sample: 251
    full_at:
      description: Maximum number of hosts, including those with a lease or a reservation.
      type: int
      sample: 255
    ipv4:
      description: The numbers C(total), C(used), C(reserved) and C(free) of IPv4. Null if IPv4 is disabled.
      type: dict
      sample:
        total: 255
        used: 3
        reserved: 1
        free: 251
    ipv6:
      description: The same numbers of IPv6. Null if IPv6 is disabled.
      type: dict
      sample:
reused:
  description: Whether the result is that of O(registry), without reading etcd again.
  type: bool
  returned: success
  sample: false
next_expiry:
  description: The lease that ends first. Null if no lease ends, or with O(ttl=false).
  type: dict
  returned: success
  contains:
    subnet:
      description: The subnet.
      type: str
      sample: 10.20.5.0/24
    public_ip:
      description: Public address of the host.
      type: str
      sample: 192.0.2.11
    host:
      description: Name of the host in O(expected), else empty.
      type: str
      sample: node1
    ttl:
      description: Seconds until the lease ends.
      type: int
      sample: 86012
    expiry:
      description: When the lease ends, in UTC.
      type: str
      sample: '2026-11-24T21:07:00Z'
leases:
  description: The leases that flannel can read, in the order of their keys.
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
      description: The IPv6 subnet. Empty if there is none.
      type: str
      sample: ''
    public_ip:
      description: Public address of the host.
      type: str
      sample: 192.0.2.11
    public_ipv6:
      description: Public IPv6 address of the host. Empty if it has none.
      type: str
      sample: ''
    backend:
      description: Type of the backend. Empty for a reservation, and for backends that write no type.
      type: str
      sample: vxlan
    backend_data:
      description: Data of the backend for its peers.
      type: raw
      sample:
        VNI: 1
        VtepMAC: 82:5c:0f:11:22:33
    backend_v6_data:
      description: Data of the backend for its IPv6 peers.
      type: raw
      sample:
    ttl:
      description: Seconds until the lease ends. Null if it never ends, or with O(ttl=false).
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
        - C(etcd_alarm) (error) - etcd has raised an alarm and takes no writes; no lease is renewed.
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
      description: Name of the host, else its public address, else empty.
      type: str
      sample: node2
    seen:
      description: What the check saw.
      type: str
      sample: no lease of 192.0.2.12
    expected:
      description: What the check expected.
      type: str
      sample: one lease
    fix:
      description: What to do.
      type: str
      sample: start flanneld on the host and check its journal
healthy:
  description: Whether no finding is an error.
  type: bool
  returned: success
  sample: true
missing:
  description: The expected hosts without a lease.
  type: list
  elements: dict
  returned: if O(wait=true) and a host has no lease after O(wait_timeout)
  contains:
    host:
      description: Name of the host.
      type: str
      sample: node2
    public_ip:
      description: Public address of the host.
      type: str
      sample: 192.0.2.12
"""

import gc
import typing as t

from ansible_collections.overlay.flannel.plugins.module_utils.common.errors import OverlayError
from ansible_collections.overlay.flannel.plugins.module_utils.etcd.connection import ARGUMENTS, TOGETHER
from ansible_collections.overlay.flannel.plugins.module_utils.flannel.psk import PSK_ARGUMENT, secrets
from ansible_collections.overlay.flannel.plugins.module_utils.overlay_module import OverlayModule, run
from ansible_collections.overlay.flannel.plugins.module_utils.registry.lease_result import report
from ansible_collections.overlay.flannel.plugins.module_utils.registry.leases import Waiting, read, wait_for
from ansible_collections.overlay.flannel.plugins.module_utils.registry.task import make_task


def work(module: OverlayModule) -> dict[str, t.Any]:
    task = make_task(module.params)
    absent = wait_for(task, Waiting(module.params["wait_timeout"])) if module.params["wait"] else []
    result = report(task, read(task))
    module.no_log_values.update(secrets(result["config"]))
    if absent:
        names = ", ".join(f"{one.host} ({one.public_ip})" for one in absent)
        raise OverlayError(
            f"no lease after {module.params['wait_timeout']} s: {names}. Fix: check flanneld's journal there",
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
            "registry": {"type": "dict", "default": {}},
        },
        required_together=TOGETHER,
        supports_check_mode=True,
    )
    gc.disable()  # thousands of leases live until the end: the search for garbage takes a fifth of the time
    run(module, lambda: work(module))


if __name__ == "__main__":
    main()
