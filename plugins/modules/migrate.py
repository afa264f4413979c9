#!/usr/bin/python
# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Copy a flannel network from etcd's v2 API to v3."""

from __future__ import annotations

DOCUMENTATION = r"""
module: migrate
short_description: Copy a flannel network from etcd's v2 API to v3
version_added: 0.1.0
author:
  - overlay.flannel contributors (@overlay-flannel)
description:
  - Copies the configuration and all leases from etcd's v2 API to v3, with the same text. Every host keeps its subnet, because
    flannel finds a lease by the public address of the host.
  - flannel 0.17.0 and older uses the v2 API, 0.18.0 and newer the v3 API. Neither reads keys of the other.
  - The playbook C(overlay.flannel.migrate) does the whole migration. This module only copies.
  - Writes nothing if some hosts run flannel on v2 and others on v3, if the new flannel would refuse the configuration or give a
    host another subnet, if leases overlap, if two leases have the same public address, or if a host runs an old flannel and has
    no lease in v2. The error names all reasons.
  - Writes the leases first and the configuration last. A new flannel that is started too early waits for the configuration.
    If a run is interrupted, the next one continues.
  - Gives each copied lease 24 hours, as flanneld does. A copy that has less than 12 hours left is renewed. A lease without an end
    (a reservation) keeps no end.
  - Changes and deletes nothing in v2.
options:
  source:
    description:
      - The connection to the v2 API, from which is read. Options that are not set have the values of the v3 side.
    type: dict
    default: {}
    suboptions:
      endpoints:
        description: Client URLs of etcd.
        type: list
        elements: str
      prefix:
        description: Prefix of the old flannel in etcd.
        type: str
      ca_cert:
        description: File with the certificates of the authorities that verify etcd's certificate.
        type: path
      client_cert:
        description: File with the client certificate. Needs O(source.client_key).
        type: path
      client_key:
        description: File with the key of O(source.client_cert).
        type: path
      username:
        description: User of etcd. Needs O(source.password). Empty for none.
        type: str
      password:
        description: Password of O(source.username).
        type: str
      timeout:
        description: Maximum number of seconds for a request to etcd.
        type: int
  hosts:
    description:
      - Every host of the overlay, with the current version of flannel from M(overlay.flannel.host_info).
      - A host that is not listed is not checked, and may go on with the other API.
    type: list
    elements: dict
    required: true
    suboptions:
      host:
        description: Name of the host in results, usually its inventory name.
        type: str
        required: true
      public_ip:
        description: The IPv4 address that flanneld writes into its lease.
        type: str
        required: true
      flannel_version:
        description: The release of the running flanneld. Empty if flanneld does not run.
        type: str
        default: ''
  network:
    description:
      - The network configuration of the hosts after the migration, in flannel's spelling.
      - If it is set and the configuration in v2 means something else, the migration is refused.
    type: dict
  psk:
    description:
      - Pre-shared key of the V(wireguard) or V(ipsec) backend. Overrides C(PSK) in O(network).
      - Prefer this option. Ansible masks it everywhere (C(no_log)), whereas a key inside O(network) is masked by this module
        only.
    type: str
  flannel_version:
    description:
      - The flannel release after the migration, V(0.18.0) or newer.
      - Configuration and leases are checked with its rules. If empty, the rules of the newest flannel are used.
    type: str
    default: ''
  force:
    description:
      - Overwrite a different configuration and different leases in v3 below O(prefix), and delete leases of v3 that conflict with
        those of v2. Without O(force) this is refused, because a flannel may be running on v3.
      - Does not override any other check.
    type: bool
    default: false
extends_documentation_fragment:
  - overlay.flannel.etcd
  - overlay.flannel.attributes.state
  - overlay.flannel.attributes.actiongroup_etcd
notes:
  - The connection options of the module describe the v3 side. O(api=v2) is refused.
  - A reservation in v3 ends when its host takes it, because flannel 0.18 and newer always writes a time to live.
seealso:
  - module: overlay.flannel.host_info
  - module: overlay.flannel.network
"""

EXAMPLES = r"""
- name: Show the changes of a migration
  overlay.flannel.migrate:
    flannel_version: 0.28.10
    hosts:
      - host: node1
        public_ip: 192.0.2.11
        flannel_version: 0.15.1
      - host: node2
        public_ip: 192.0.2.12
        flannel_version: 0.15.1
  check_mode: true
  diff: true

- name: Copy from an old etcd to another prefix of a new one
  overlay.flannel.migrate:
    endpoints:
      - https://192.0.2.21:2379
    ca_cert: /etc/etcd/ca.pem
    client_cert: /etc/etcd/client.pem
    client_key: /etc/etcd/client.key
    prefix: /flannel/network
    source:
      endpoints:
        - https://192.0.2.11:2379
      prefix: /coreos.com/network
    hosts:
      - host: node1
        public_ip: 192.0.2.11
      - host: node2
        public_ip: 192.0.2.12
"""

RETURN = r"""
config:
  description: The configuration in v3 after the migration. Text if it is not JSON.
  type: raw
  returned: success
  sample:
    Network: 10.20.0.0/16
    Backend:
      Type: vxlan
config_action:
  description: V(copied), V(kept) if v3 has a configuration of the same meaning, or V(replaced) with O(force).
  type: str
  returned: success
  sample: copied
leases:
  description: The keys below C(subnets/) in v2, and what was done with them.
  type: list
  elements: dict
  returned: success
  contains:
    key:
      description: The key in v3.
      type: str
      sample: /flannel/network/subnets/10.20.5.0-24
    subnet:
      description: The subnet. Empty if the key is not a lease.
      type: str
      sample: 10.20.5.0/24
    public_ip:
      description: Public address of the host.
      type: str
      sample: 192.0.2.11
    host:
      description: Name of the host in O(hosts), else empty.
      type: str
      sample: node1
    action:
      description:
        - V(copied). V(updated) if v2 changed after an earlier copy. V(renewed) if the copy would end soon. V(kept). V(replaced) with
          O(force). V(skipped) if flannel cannot read the key.
      type: str
      sample: copied
    reason:
      description: Reason for the action.
      type: str
      sample: v3 does not have it
    reserved:
      description: Whether the lease has no end.
      type: bool
      sample: false
removed:
  description: Conflicting keys that were deleted in v3, only with O(force).
  type: list
  elements: str
  returned: success
  sample: []
next_steps:
  description: The next steps, in their order.
  type: list
  elements: str
  returned: success
  sample:
    - Set flannel_version to 0.28.10 and run overlay.flannel.site within 12 hours.
done:
  description: The keys that were written before the error. The next run continues from there.
  type: list
  elements: str
  returned: if etcd fails during the writes
  sample:
    - /flannel/network/subnets/10.20.5.0-24
findings:
  description: The findings, including the reasons of a refusal.
  type: list
  elements: dict
  returned: success or refusal
  contains:
    code:
      description:
        - What was found, as a name for programs.
        - C(mixed_fleet) (error) - Some hosts run flannel on v2 and others on v3.
        - C(target_config_differs) (error) - v3 holds another configuration than v2.
        - C(target_lease_differs) (error) - v3 gives a subnet of v2 to another host.
        - C(target_lease_foreign) (error) - v3 holds a lease that v2 does not have.
        - C(target_lease_in_the_way) (error) - A lease of v3 conflicts with a lease of v2.
        - A code of M(overlay.flannel.lease_info) about v2.
      type: str
      sample: lease_foreign
    severity:
      description: V(error) if it is a reason to refuse the migration, else V(warning).
      type: str
      sample: warning
    host:
      description: Name of the host, else its public address, else empty.
      type: str
      sample: 192.0.2.13
    seen:
      description: What the check saw.
      type: str
      sample: 10.20.7.0/24 belongs to 192.0.2.13
    expected:
      description: What the check expected.
      type: str
      sample: leases of the expected hosts only
    fix:
      description: What to do.
      type: str
      sample: 'add the host, or stop flanneld there: the lease ends within 24 hours'
"""

import typing as t

from ansible_collections.overlay.flannel.plugins.module_utils.common.errors import InputError
from ansible_collections.overlay.flannel.plugins.module_utils.etcd.connection import ARGUMENTS, TOGETHER, from_params
from ansible_collections.overlay.flannel.plugins.module_utils.etcd.store import Store
from ansible_collections.overlay.flannel.plugins.module_utils.flannel.keys import keys_below
from ansible_collections.overlay.flannel.plugins.module_utils.flannel.psk import PSK_ARGUMENT, secrets, with_psk
from ansible_collections.overlay.flannel.plugins.module_utils.flannel.versions import flannel_api, rules_for
from ansible_collections.overlay.flannel.plugins.module_utils.overlay_module import OverlayModule, run
from ansible_collections.overlay.flannel.plugins.module_utils.registry import migration
from ansible_collections.overlay.flannel.plugins.module_utils.registry.diff import document
from ansible_collections.overlay.flannel.plugins.module_utils.registry.migration_checks import examine, refuse
from ansible_collections.overlay.flannel.plugins.module_utils.registry.migration_plan import make_plan
from ansible_collections.overlay.flannel.plugins.module_utils.registry.migration_result import report
from ansible_collections.overlay.flannel.plugins.module_utils.registry.open_store import open_store

OPTIONAL = {name: {**ARGUMENTS[name], "default": None} for name in migration.INHERITED}
HOST = {
    "host": {"type": "str", "required": True},
    "public_ip": {"type": "str", "required": True},
    "flannel_version": {"type": "str", "default": ""},
}


def check_goal(params: t.Mapping[str, t.Any]) -> None:
    for name in ("flannel_version", "api"):
        value = params[name]
        if value == "v2" or (name == "flannel_version" and value and flannel_api(value) == "v2"):
            fix = "give the release that will run after the migration; up to 0.17 flannel stays on v2"
            raise InputError(name, value, "flannel 0.18.0 or newer, which reads v3", fix)


def read_case(params: t.Mapping[str, t.Any], target: Store) -> migration.Migration:
    version = rules_for(params["flannel_version"], "v3")
    source = open_store(migration.source_connection(params), "v2")
    return migration.Migration(
        source=migration.read_side(source, keys_below(migration.source_prefix(params), "v2"), version),
        target=migration.read_side(target, keys_below(params["prefix"], "v3"), version),
        fleet=migration.read_fleet(params["hosts"]),
        flannel_version=version,
        network=with_psk(params["network"], params["psk"]),
    )


def work(module: OverlayModule) -> dict[str, t.Any]:
    params = module.params
    check_goal(params)
    store = open_store(from_params(params), "v3")
    case = read_case(params, store)
    texts = [side.config.value for side in (case.source, case.target) if side.config]
    module.no_log_values.update(secrets(*texts, *map(document, texts)))
    findings = examine(case)
    refuse(findings)
    plan = make_plan(case)
    if not params["force"]:
        refuse(plan.conflicts)
    if not module.check_mode:
        migration.carry_out(store, plan.removals, plan.writes)
    return report(case, plan, [*findings, *plan.conflicts])


def main() -> None:
    source = {"type": "dict", "default": {}, "options": OPTIONAL, "required_together": TOGETHER}
    module = OverlayModule(
        argument_spec={
            **ARGUMENTS,
            "source": source,
            "hosts": {"type": "list", "elements": "dict", "required": True, "options": HOST},
            "network": {"type": "dict"},
            "psk": PSK_ARGUMENT,
            "force": {"type": "bool", "default": False},
        },
        required_together=TOGETHER,
        supports_check_mode=True,
    )
    run(module, lambda: work(module))


if __name__ == "__main__":
    main()
