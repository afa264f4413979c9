#!/usr/bin/python
# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reserve a subnet of a flannel network for a host, or release leases."""

from __future__ import annotations

DOCUMENTATION = r"""
module: lease
short_description: Reserve a subnet of a flannel network for a host, or release leases
version_added: 0.1.0
author:
  - overlay.flannel contributors (@overlay-flannel)
description:
  - Reserves a subnet in etcd for a host. flanneld on that host takes it at its next start, and no other host gets it.
  - Releases the leases of hosts that are gone, one by one, or all leases that are foreign or do not fit the network.
  - Refuses to release the lease of a host that appears to be alive, unless O(force) is set.
  - Writes each key only if no other writer changed it in between. Writes only leases, in flannel's spelling. Keys that flannel
    cannot read, and keys outside C(PREFIX/subnets/), are never changed.
options:
  state:
    description:
      - V(present) reserves a subnet for O(public_ip). Other subnets of that host are released.
      - V(absent) releases the leases that match O(public_ip), O(subnet) and O(ipv6_subnet), as far as they are set, or the leases
        that O(foreign) and O(outside) select.
    type: str
    choices: [present, absent]
    default: present
  public_ip:
    description:
      - The IPv4 address that flanneld writes into its lease. The other hosts reach the host at this address.
      - Required if O(state=present).
    type: str
  subnet:
    description:
      - The subnet, as its first address and its length.
      - The default is the subnet that the host has already, else the first free one from C(SubnetMin) on.
    type: str
  ipv6_subnet:
    description: The IPv6 subnet, if the network has IPv4 and IPv6.
    type: str
  foreign:
    description: With O(state=absent), release the leases of all hosts that are not in O(expected).
    type: bool
    default: false
  expected:
    description: The hosts whose leases are kept by O(foreign), as in M(overlay.flannel.lease_info). Required with O(foreign).
    type: list
    elements: dict
    default: []
    suboptions:
      host:
        description: Name of the host, usually its inventory name.
        type: str
        required: true
      public_ip:
        description: The IPv4 address that flanneld writes into its lease.
        type: str
        required: true
  outside:
    description:
      - With O(state=absent), release all leases that do not fit the network, for example after its configuration changed.
      - Together with O(foreign), leases of both kinds are released.
    type: bool
    default: false
  renew_margin:
    description:
      - Minutes before the end of a lease at which flanneld renews it, as in C(--subnet-lease-renew-margin). From V(1) to
        V(1439).
      - A host appears to be alive unless its lease was due for renewal more than five minutes ago.
    type: int
    default: 60
  force:
    description:
      - Release leases of hosts that appear to be alive as well. flanneld 0.8 and newer then exits at once. At its next start it takes
        its reservation, else any free subnet, and docker has to be restarted with the new options.
      - A host that was stopped appears to be alive for 23 hours with the defaults.
    type: bool
    default: false
extends_documentation_fragment:
  - overlay.flannel.etcd
  - overlay.flannel.attributes.state
  - overlay.flannel.attributes.actiongroup_etcd
notes:
  - In the v2 API a reservation has no end. An existing lease of the host keeps its value and loses its end.
  - In the v3 API a reservation lasts until the host takes it. flanneld turns it into a lease of 24 hours and renews that. Both
    count as present. If the host was away for longer, run the module again.
  - In the v2 API a host that took a reservation always counts as alive, because its lease has no end.
  - With the backend udp the other hosts route to a subnet as soon as it is reserved. The module warns about that.
seealso:
  - module: overlay.flannel.lease_info
  - module: overlay.flannel.network
"""

EXAMPLES = r"""
- name: Reserve a subnet for a host before it starts flanneld
  overlay.flannel.lease:
    public_ip: 192.0.2.11
    subnet: 10.20.11.0/24

- name: Keep the subnet that the host has, or reserve any
  overlay.flannel.lease:
    public_ip: 192.0.2.12

- name: Reserve an IPv4 and an IPv6 subnet
  overlay.flannel.lease:
    public_ip: 192.0.2.13
    subnet: 10.20.13.0/24
    ipv6_subnet: fd00:20:0:13::/64

- name: Release the lease of a host that is gone for good
  overlay.flannel.lease:
    public_ip: 192.0.2.12
    state: absent
    force: true

- name: Release leases of hosts that are not in the inventory, and leases that do not fit the network
  overlay.flannel.lease:
    foreign: true
    expected:
      - host: node1
        public_ip: 192.0.2.11
    outside: true
    state: absent
"""

RETURN = r"""
before:
  description: The selected leases before the change. With O(state=absent) the released ones.
  type: list
  elements: dict
  returned: success
  contains: &lease
    key:
      description: The key in etcd.
      type: str
      sample: /flannel/network/subnets/10.20.5.0-24
    subnet:
      description: The subnet.
      type: str
      sample: 10.20.5.0/24
    ipv6_subnet:
      description: The IPv6 subnet. Empty if there is none.
      type: str
      sample: ''
    public_ip:
      description: Public address of the host. Empty if flannel cannot read the lease.
      type: str
      sample: 192.0.2.11
    backend:
      description: Type of the backend. Empty for a reservation that was not taken.
      type: str
      sample: vxlan
    ttl:
      description: Seconds until the lease ends. Null if it never ends, or if the v3 API was not queried for it.
      type: int
      sample: 86012
after:
  description: The same leases after the change. Empty with O(state=absent).
  type: list
  elements: dict
  returned: success
  contains: *lease
api:
  description: The API that was used.
  type: str
  returned: success
  sample: v3
leases:
  description: The leases that overlap the subnet, or belong to hosts that appear to be alive.
  type: list
  elements: dict
  returned: if the change is refused because of them
  contains: *lease
capacity:
  description: Numbers of subnets of one family.
  type: dict
  returned: if no subnet is free
  contains:
    total:
      description: Subnets of this length.
      type: int
      sample: 255
    used:
      description: Subnets of hosts.
      type: int
      sample: 250
    reserved:
      description: Subnets that are reserved and not yet taken.
      type: int
      sample: 5
    free:
      description: Subnets that no lease overlaps.
      type: int
      sample: 0
"""

import typing as t

from ansible_collections.overlay.flannel.plugins.module_utils.common.errors import OverlayError
from ansible_collections.overlay.flannel.plugins.module_utils.etcd.connection import ARGUMENTS, TOGETHER, from_params
from ansible_collections.overlay.flannel.plugins.module_utils.etcd.store import Store, until_no_conflict
from ansible_collections.overlay.flannel.plugins.module_utils.flannel.keys import Keys, keys_below
from ansible_collections.overlay.flannel.plugins.module_utils.flannel.versions import rules_for
from ansible_collections.overlay.flannel.plugins.module_utils.overlay_module import OverlayModule, run
from ansible_collections.overlay.flannel.plugins.module_utils.registry import lease_plan as plans
from ansible_collections.overlay.flannel.plugins.module_utils.registry.expected import low_ttl
from ansible_collections.overlay.flannel.plugins.module_utils.registry.lease_refusals import refuse_alive
from ansible_collections.overlay.flannel.plugins.module_utils.registry.lease_request import LeaseRequest, request_of
from ansible_collections.overlay.flannel.plugins.module_utils.registry.lease_state import read_state
from ansible_collections.overlay.flannel.plugins.module_utils.registry.open_store import open_store


class Task(t.NamedTuple):
    store: Store
    keys: Keys
    flannel_version: str
    request: LeaseRequest
    low: int  # seconds left, below which a host does not appear to be alive
    force: bool
    check_mode: bool


def make_task(module: OverlayModule) -> Task:
    params = module.params
    request, low = request_of(params), low_ttl(params["renew_margin"])
    store = open_store(from_params(params), params["api"], params["flannel_version"])
    return Task(
        store=store,
        keys=keys_below(params["prefix"], store.api),
        flannel_version=rules_for(params["flannel_version"], store.api),
        request=request,
        low=low,
        force=params["force"],
        check_mode=module.check_mode,
    )


def apply(store: Store, change: plans.Change) -> None:
    if change.value is None:
        store.delete(change.key, change.revision)
    else:
        store.put(change.key, change.value, change.revision)


def attempt(task: Task, done: list[plans.Change]) -> plans.Plan:
    """`done` grows with each write, also where a later one fails."""
    store, keys = task.store, task.keys
    state = read_state(store.list_prefix(keys.folder), keys, store.api, task.flannel_version)
    plan = plans.plan(task.request, state)
    plan = plan.with_ttls(store.ttls(plan.deletions))
    if not task.force:
        refuse_alive(plan.deleted_leases, state, task.low)
    for change in [] if task.check_mode else plan.changes:
        apply(store, change)
        done.append(change)
    return plan


def work(module: OverlayModule) -> dict[str, t.Any]:
    task = make_task(module)
    done: list[plans.Change] = []
    try:
        plan = until_no_conflict(lambda: attempt(task, done))
    except OverlayError as error:
        raise plans.interrupted(error, done) from None
    for text in plan.warnings:
        module.warn(text)
    return {**plans.report(plan.kept, done or plan.changes, task.keys), "api": task.store.api}


def main() -> None:
    host = {"host": {"type": "str", "required": True}, "public_ip": {"type": "str", "required": True}}
    module = OverlayModule(
        argument_spec={
            **ARGUMENTS,
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
            "public_ip": {"type": "str"},
            "subnet": {"type": "str"},
            "ipv6_subnet": {"type": "str"},
            "foreign": {"type": "bool", "default": False},
            "expected": {"type": "list", "elements": "dict", "default": [], "options": host},
            "outside": {"type": "bool", "default": False},
            "renew_margin": {"type": "int", "default": 60},
            "force": {"type": "bool", "default": False},
        },
        required_if=[("state", "present", ["public_ip"])],
        required_together=TOGETHER,
        supports_check_mode=True,
    )
    run(module, lambda: work(module))


if __name__ == "__main__":
    main()
