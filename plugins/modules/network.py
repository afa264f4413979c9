#!/usr/bin/python
# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Manage flannel's network configuration in etcd."""

from __future__ import annotations

DOCUMENTATION = r"""
module: network
short_description: Manage flannel's network configuration in etcd
version_added: 0.1.0
author:
  - overlay.flannel contributors (@overlay-flannel)
description:
  - Writes or deletes the configuration that flanneld reads when it starts.
  - It is judged by the rules of the flannel release in use before anything is written, and compared by its meaning, so
    that the order of keys, their case and defaults that are written out make no change.
  - It is written only if nobody else wrote it in between.
  - A change that would take the subnets of hosts away is refused, naming them, unless O(force) is set.
options:
  config:
    description:
      - The configuration in flannel's own spelling. Required if O(state=present).
      - Numbers and booleans that a template turned into text are turned back.
    type: dict
  psk:
    description:
      - Becomes C(PSK) of the backend, in the place of one within O(config).
      - Ansible itself keeps it out of logs and results. For a secret within O(config) only this module does that.
    type: str
  state:
    description:
      - V(present) writes O(config), V(absent) deletes what is there.
    type: str
    choices: [present, absent]
    default: present
  force:
    description:
      - Change the configuration even if that breaks leases, and write one with which flannel cannot work.
      - A text that flannel does not read at all is never written.
    type: bool
    default: false
extends_documentation_fragment:
  - overlay.flannel.etcd
  - overlay.flannel.attributes.state
  - overlay.flannel.attributes.actiongroup_etcd
notes:
  - flanneld reads the configuration only when it starts. After a change restart it on all hosts, then let docker take
    its new options.
seealso:
  - module: overlay.flannel.lease
  - module: overlay.flannel.lease_info
"""

EXAMPLES = r"""
- name: Give the overlay a network
  overlay.flannel.network:
    config:
      Network: 10.20.0.0/16
      SubnetLen: 24
      Backend:
        Type: vxlan
    flannel_version: 0.28.10

- name: Two families, by TLS, to any of three members
  overlay.flannel.network:
    endpoints:
      - https://192.0.2.11:2379
      - https://192.0.2.12:2379
      - https://192.0.2.13:2379
    ca_cert: /etc/etcd/ca.pem
    client_cert: /etc/etcd/client.pem
    client_key: /etc/etcd/client.key
    config:
      Network: 10.20.0.0/16
      EnableIPv6: true
      IPv6Network: fd00:20::/48
      Backend:
        Type: vxlan
        DirectRouting: true

- name: For an old flannel, which reads etcd's v2 API
  overlay.flannel.network:
    flannel_version: 0.7.1
    prefix: /coreos.com/network
    config:
      Network: 10.20.0.0/16
      Backend:
        Type: host-gw

- name: Forget the network
  overlay.flannel.network:
    state: absent
"""

RETURN = r"""
before:
  description: The configuration that was stored; text if it was no JSON.
  type: raw
  returned: success
  sample:
    Network: 10.20.0.0/16
after:
  description: The configuration that is stored now, or would be in check mode.
  type: raw
  returned: success
  sample:
    Network: 10.20.0.0/16
    Backend:
      Type: vxlan
normalized:
  description: What flannel makes of RV(after), with all its defaults.
  type: dict
  returned: if O(state=present)
  sample:
    EnableIPv4: true
    Network: 10.20.0.0/16
    SubnetLen: 24
    SubnetMin: 10.20.1.0
    SubnetMax: 10.20.255.0
    EnableIPv6: false
    EnableNFTables: false
    Backend:
      Type: vxlan
      VNI: 1
      Port: 0
      GBP: false
      DirectRouting: false
      Learning: false
      MTU:
revision:
  description: Revision of the key in etcd, V(0) if it is not there.
  type: int
  returned: success
  sample: 17
api:
  description: The API that was spoken.
  type: str
  returned: success
  sample: v3
config_warnings:
  description: What flannel accepts, but reads in another way than it seems; also shown as warnings.
  type: list
  elements: dict
  returned: success
  contains:
    code:
      description:
        - What was found, as a name for programs.
        - C(*_out_of_range) (error) - A number of the backend is one with which it cannot work.
        - C(backend_absent) (warning) - The configuration has no Backend, so flannel uses udp.
        - C(duplicate_key) (warning) - A key is there twice; flannel reads the last one.
        - C(ipv4_disabled) (error) - EnableIPv4 is false, but leases in etcd need IPv4.
        - C(key_of_newer_flannel) (warning) - This flannel ignores a key that newer releases read.
        - C(min_above_max) (error) - SubnetMin is above SubnetMax.
        - C(network_unusable) (error) - The network overlaps addresses that no host can route.
        - C(subnet_len_too_long) (error) - A subnet has no room for docker0 and a container.
        - C(subnet_outside) (error) - The last subnet reaches beyond the network.
        - C(subnet_unaligned) (error) - SubnetMin or SubnetMax is not the first address of a subnet.
        - C(unknown_backend_key) (warning) - flannel ignores a key of the Backend.
        - C(unknown_key) (warning) - flannel ignores a key of the configuration.
      type: str
      sample: unknown_backend_key
    severity:
      description: V(warning), or V(error) where O(force) let it pass.
      type: str
      sample: warning
    host:
      description: Empty, because the configuration is one for all hosts.
      type: str
      sample: ''
    seen:
      description: What is there.
      type: str
      sample: flannel ignores Backend.DirectRoutng
    expected:
      description: What would be good.
      type: str
      sample: one of Type, VNI, Port, GBP, DirectRouting, Learning, MTU
    fix:
      description: What to do.
      type: str
      sample: did you mean DirectRouting?
leases:
  description: The leases that the change would break.
  type: list
  elements: dict
  returned: if the change is refused because of them
  contains:
    subnet:
      description: The subnet.
      type: str
      sample: 10.20.5.0/24
    public_ip:
      description: Address of its host.
      type: str
      sample: 192.0.2.11
    reason:
      description: What would become of it.
      type: str
      sample: 10.20.5.0/24 is not of SubnetLen 25
"""

import typing as t

from ansible_collections.overlay.flannel.plugins.module_utils.common.findings import Finding
from ansible_collections.overlay.flannel.plugins.module_utils.etcd.connection import ARGUMENTS, TOGETHER, from_params
from ansible_collections.overlay.flannel.plugins.module_utils.etcd.store import Entry, Store, until_no_conflict
from ansible_collections.overlay.flannel.plugins.module_utils.flannel.keys import Keys, keys_below
from ansible_collections.overlay.flannel.plugins.module_utils.flannel.psk import (
    PSK_ARGUMENT,
    psk_of,
    secrets,
    with_psk,
)
from ansible_collections.overlay.flannel.plugins.module_utils.flannel.versions import rules_for
from ansible_collections.overlay.flannel.plugins.module_utils.overlay_module import OverlayModule, run
from ansible_collections.overlay.flannel.plugins.module_utils.registry import config_plan as plans
from ansible_collections.overlay.flannel.plugins.module_utils.registry.leases import parse_entries
from ansible_collections.overlay.flannel.plugins.module_utils.registry.open_store import open_store


def make_plan(params: t.Mapping[str, t.Any], stored: Entry | None, flannel_version: str) -> plans.Plan:
    text = stored.value if stored else None
    if params["state"] == "absent":
        return plans.plan_absent(text)
    return plans.plan_present(text, with_psk(params["config"], params["psk"]), flannel_version)


def check_leases(store: Store, keys: Keys, plan: plans.Plan, flannel_version: str) -> None:
    held = [entry for entry in store.list_prefix(keys.folder) if keys.is_lease(entry.key)]
    plans.refuse_breaking(plan, parse_entries(held, keys, flannel_version, {}, 0).leases)


def apply(store: Store, key: str, plan: plans.Plan, revision: int) -> int:
    """The new revision."""
    if plan.write is not None:
        return store.put(key, plan.write, revision)
    store.delete(key, revision)
    return 0


def attempt(module: OverlayModule, store: Store, keys: Keys, flannel_version: str) -> dict[str, t.Any]:
    stored = store.get(keys.config)
    revision = stored.revision if stored else 0
    plan = make_plan(module.params, stored, flannel_version)
    module.no_log_values.update(secrets(plan.before, plan.after))
    if not module.params["force"]:
        plans.refuse_unusable(plan.config.findings if plan.config else ())
        if plan.changed:
            check_leases(store, keys, plan, flannel_version)
    if plan.changed and not module.check_mode:
        revision = apply(store, keys.config, plan, revision)
    return {**plans.report(plan, keys.config), "revision": revision, "api": store.api}


def work(module: OverlayModule) -> dict[str, t.Any]:
    params = module.params
    store = open_store(from_params(params), params["api"], params["flannel_version"])
    keys = keys_below(params["prefix"], store.api)
    flannel_version = rules_for(params["flannel_version"], store.api)
    result = until_no_conflict(lambda: attempt(module, store, keys, flannel_version))
    for finding in result["config_warnings"]:
        module.warn(Finding(**finding).to_text())
    return result


def main() -> None:
    module = OverlayModule(
        argument_spec={
            **ARGUMENTS,
            "config": {"type": "dict"},
            "psk": PSK_ARGUMENT,
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
            "force": {"type": "bool", "default": False},
        },
        required_if=[("state", "present", ["config"])],
        required_together=TOGETHER,
        supports_check_mode=True,
    )
    if psk_of(module.params["config"]):
        module.warn(
            "config holds a secret, which Ansible itself would write to the log of the host. Fix: give the key as psk"
        )
    run(module, lambda: work(module))


if __name__ == "__main__":
    main()
