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
  - Reserves a subnet in etcd for a host. flanneld on that host takes it when it starts, and no other host gets it.
  - Releases the leases of hosts that are gone, one by one, or all that are foreign or lie outside of the network.
  - A lease of a host that looks alive is not taken from it, unless O(force) is set.
  - Each key is written only if nobody else wrote it in between, and nothing but leases as flannel spells them is
    written. Keys that flannel cannot read, or that lie beside C(PREFIX/subnets/), are left alone.
options:
  state:
    description:
      - V(present) reserves a subnet for O(public_ip). Any other subnet that is reserved for that host is released.
      - V(absent) releases the leases that match all of O(public_ip), O(subnet) and O(ipv6_subnet) that are given, or
        those that O(foreign) and O(outside) select.
    type: str
    choices: [present, absent]
    default: present
  public_ip:
    description:
      - The IPv4 address that flanneld writes into its lease, by which the other hosts reach the host.
      - Required if O(state=present).
    type: str
  subnet:
    description:
      - The subnet, as its first address and its length.
      - By default the one that the host has already, else the first that is free, counted from C(SubnetMin).
    type: str
  ipv6_subnet:
    description: The same for IPv6, where the network has both families.
    type: str
  foreign:
    description: With O(state=absent), release the leases of all hosts that are not in O(expected).
    type: bool
    default: false
  expected:
    description: The hosts whose leases are not foreign, as for M(overlay.flannel.lease_info). Required with O(foreign).
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
      - With O(state=absent), release all leases that do not fit the network any more, as after a change of it.
      - Together with O(foreign), both kinds are released.
    type: bool
    default: false
  renew_margin:
    description:
      - Minutes before its end at which flanneld renews a lease, its C(--subnet-lease-renew-margin). From V(1) to
        V(1439).
      - A host looks alive while its lease lasts as long as that, less five minutes.
    type: int
    default: 60
  force:
    description:
      - Delete also leases of hosts that look alive. From flannel 0.8 on their flanneld ends at once; when it is started
        again it takes what is reserved for it, else any free subnet, and docker must take its new options.
      - A host that was stopped looks alive until its lease has grown old, with the defaults for 23 hours.
    type: bool
    default: false
extends_documentation_fragment:
  - overlay.flannel.etcd
  - overlay.flannel.attributes.state
  - overlay.flannel.attributes.actiongroup_etcd
notes:
  - For the v2 API a reservation has no end. A lease that the host took before is made endless, with the value it has.
  - For the v3 API a reservation lasts until the host takes it. flanneld makes it a lease of 24 hours, and renews that;
    so either counts as present. When the host was away for longer, run the module again.
  - By the v2 API nothing tells whether a host that took a reservation is alive, so it counts as alive.
  - Where the backend is udp the other hosts route to the subnet as soon as it is reserved. The module warns about that.
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

- name: Reserve both families
  overlay.flannel.lease:
    public_ip: 192.0.2.13
    subnet: 10.20.13.0/24
    ipv6_subnet: fd00:20:0:13::/64

- name: Release the lease of a host that is gone for good
  overlay.flannel.lease:
    public_ip: 192.0.2.12
    state: absent
    force: true

- name: Release what belongs to no host of the inventory, and what a change of the network left behind
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
  description: The leases that are concerned, as they were. With O(state=absent) those that were released.
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
      description: Its IPv6 subnet, empty if it has none.
      type: str
      sample: ''
    public_ip:
      description: Address of the host, empty where flannel cannot read the text.
      type: str
      sample: 192.0.2.11
    backend:
      description: The backend's type, empty for a reservation that nobody took.
      type: str
      sample: vxlan
    ttl:
      description: Seconds that it still lasts; nothing if it never ends, and by the v3 API where it did not matter.
      type: int
      sample: 86012
after:
  description: The same leases as they are now, or would be in check mode. Empty with O(state=absent).
  type: list
  elements: dict
  returned: success
  contains: *lease
api:
  description: The API that was spoken.
  type: str
  returned: success
  sample: v3
leases:
  description: The leases that are in the way, because they overlap or belong to hosts that look alive.
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
      description: How many there are of this length.
      type: int
      sample: 255
    used:
      description: How many belong to hosts that took them.
      type: int
      sample: 250
    reserved:
      description: How many are reserved for hosts that did not take them yet.
      type: int
      sample: 5
    free:
      description: How many no lease touches.
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
    low: int  # seconds left, below which a host does not look alive
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
