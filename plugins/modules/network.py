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
  - Checks the configuration with the rules of the flannel release in use before anything is written.
  - Compares configurations by their meaning. The order and case of keys, and defaults that are written out, are not a change.
  - Writes only if no other writer changed the key in between.
  - Refuses a change that would take subnets from hosts and names these hosts, unless O(force) is set.
options:
  config:
    description:
      - The configuration in flannel's spelling. Required if O(state=present).
      - Numbers and booleans that a template turned into text are converted back.
    type: dict
  psk:
    description:
      - Pre-shared key of the V(wireguard) or V(ipsec) backend. Overrides C(PSK) in O(config).
      - Prefer this option. Ansible masks it everywhere (C(no_log)), whereas a key inside O(config) is masked by this module only.
    type: str
  state:
    description:
      - V(present) writes O(config), V(absent) deletes the configuration.
    type: str
    choices: [present, absent]
    default: present
  force:
    description:
      - Write the configuration even if it breaks leases, or if a check finds an error in it.
      - A configuration that flannel refuses is never written.
    type: bool
    default: false
  allow_extension:
    description:
      - Allow the backend V(extension). flanneld runs its commands, which are in the configuration, as root on every host.
      - Without it such a configuration is refused, also with O(force). Set it only where etcd has TLS and users.
    type: bool
    default: false
extends_documentation_fragment:
  - overlay.flannel.etcd
  - overlay.flannel.attributes.state
  - overlay.flannel.attributes.actiongroup_etcd
notes:
  - flanneld reads the configuration only when it starts. After a change restart flanneld on all hosts, then docker if its options
    changed.
seealso:
  - module: overlay.flannel.lease
  - module: overlay.flannel.lease_info
"""

EXAMPLES = r"""
- name: Configure the network of the overlay
  overlay.flannel.network:
    config:
      Network: 10.20.0.0/16
      SubnetLen: 24
      Backend:
        Type: vxlan
    flannel_version: 0.28.10

- name: Configure IPv4 and IPv6, over TLS, with three endpoints
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

- name: Configure an old flannel, which reads the v2 API
  overlay.flannel.network:
    flannel_version: 0.7.1
    prefix: /coreos.com/network
    config:
      Network: 10.20.0.0/16
      Backend:
        Type: host-gw

- name: Delete the configuration
  overlay.flannel.network:
    state: absent
"""

RETURN = r"""
before:
  description: The configuration before the change. Text if it was not JSON.
  type: raw
  returned: success
  sample:
    Network: 10.20.0.0/16
after:
  description: The configuration after the change.
  type: raw
  returned: success
  sample:
    Network: 10.20.0.0/16
    Backend:
      Type: vxlan
normalized:
  description: RV(after) as flannel reads it, with all defaults.
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
  description: Revision of the key in etcd. V(0) if it is missing.
  type: int
  returned: success
  sample: 17
api:
  description: The API that was used.
  type: str
  returned: success
  sample: v3
config_warnings:
  description: Findings about settings that flannel accepts, but that do not do what they seem to do. They are shown as warnings too.
  type: list
  elements: dict
  returned: success
  contains:
    code:
      description:
        - What was found, as a name for programs.
        - C(*_out_of_range) (error) - A number of the backend is one with which it cannot work.
        - C(backend_absent) (warning) - The configuration has no Backend, so flannel uses udp.
        - C(backend_runs_commands) (warning) - The backend has flanneld run commands from etcd as root on every host.
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
      description: V(warning), or V(error) if O(force) is set.
      type: str
      sample: warning
    host:
      description: Always empty, because the configuration belongs to all hosts.
      type: str
      sample: ''
    seen:
      description: What the check saw.
      type: str
      sample: flannel ignores Backend.DirectRoutng
    expected:
      description: What the check expected.
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
      description: Public address of its host.
      type: str
      sample: 192.0.2.11
    reason:
      description: Why the change breaks the lease.
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
    if not module.params["allow_extension"]:
        plans.refuse_commands(plan.config)
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
            "allow_extension": {"type": "bool", "default": False},
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
