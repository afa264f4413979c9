#!/usr/bin/python
# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Manage the users and roles of etcd, and enable authentication."""

from __future__ import annotations

DOCUMENTATION = r"""
module: etcd_users
short_description: Manage the users and roles of etcd, and enable authentication
version_added: 0.1.0
author:
  - overlay.flannel contributors (@overlay-flannel)
description:
  - Makes users and roles of etcd v3, so that flanneld may only touch its own keys, and then enables authentication.
  - Users have no passwords. etcd takes a user from the common name of the client certificate, which needs
    C(--client-cert-auth) and C(--trusted-ca-file) on all members.
  - Lets more in first, lets less in then, and enables authentication last. A run that was killed is finished by the next one.
  - Refuses to enable authentication, before anything is written, if nobody or not this module could administrate etcd
    afterwards.
  - Users and roles that are not named stay as they are. Named users and roles get exactly what is given here. Only the user
    C(root) keeps roles that it has besides.
options:
  users:
    description:
      - The users, with the names of their roles.
      - A user without a certificate of that common name is of no use, and does no harm.
    type: list
    elements: dict
    default:
      - name: root
        roles: [root]
      - name: flannel
        roles: [flannel]
      - name: reader
        roles: [reader]
    suboptions:
      name:
        description: Name of the user, which is the common name of its client certificates.
        type: str
        required: true
      roles:
        description: Names of its roles, which are those in O(roles), V(root), or roles that somebody else has made.
        type: list
        elements: str
        required: true
  roles:
    description: The roles, with what they allow.
    type: list
    elements: dict
    default:
      - name: flannel
        access: flannel
      - name: reader
        access: reader
    suboptions:
      name:
        description: Name of the role. Give another one for each O(prefix) if several overlays share an etcd.
        type: str
        required: true
      access:
        description:
          - V(flannel) is what flanneld needs. It may read C(PREFIX/config), and read and write all keys that begin with
            C(PREFIX/subnets).
          - V(reader) may read all keys that begin with C(PREFIX/), and write nothing.
        type: str
        choices: [flannel, reader]
        required: true
  auth:
    description:
      - Whether to enable authentication if it is not enabled.
      - V(false) leaves it as it is. This module never disables it.
    type: bool
    default: true
extends_documentation_fragment:
  - overlay.flannel.etcd
  - overlay.flannel.attributes.state
  - overlay.flannel.attributes.actiongroup_etcd
requirements:
  - etcd and etcdctl 3.4 or newer
notes:
  - Use a client certificate whose common name is C(root), and https O(endpoints). Authentication is cluster-wide, so run the
    module once, not on each host.
  - Give every flanneld its client certificate before authentication is enabled. Without one it loses its connection then.
  - With O(username=root), the module gives root this O(password) before it enables authentication, because etcd does not check
    passwords before.
  - The v2 API is refused. Its authentication knows passwords only, so etcd 2.3 is protected by client certificates alone.
  - If etcdctl or etcd is 3.4, which cannot report whether authentication is enabled, the module logs in as a user that does not
    exist. etcd logs that.
seealso:
  - module: overlay.flannel.etcd_info
  - module: overlay.flannel.network
"""

EXAMPLES = r"""
- name: Make the users, and enable authentication
  overlay.flannel.etcd_users:
    endpoints:
      - https://192.0.2.11:2379
    ca_cert: /etc/etcd/ca.pem
    client_cert: /etc/etcd/root.pem
    client_key: /etc/etcd/root.key
    api: v3

- name: Prepare the users, as long as hosts have no client certificates
  overlay.flannel.etcd_users:
    api: v3
    auth: false

- name: Let a second overlay use the same etcd
  overlay.flannel.etcd_users:
    api: v3
    prefix: /blue/network
    roles:
      - name: blue-flannel
        access: flannel
    users:
      - name: blue
        roles: [blue-flannel]
    auth: false
"""

RETURN = r"""
before:
  description: The named users and roles before the change, as far as they were there, and whether authentication was enabled.
  type: dict
  returned: success
  contains: &state
    auth:
      description: Whether authentication is enabled.
      type: bool
      sample: true
    users:
      description: Names of the roles, by the name of the user.
      type: dict
      sample:
        flannel: [flannel]
    roles:
      description: Permissions, by the name of the role. C(*) stands for all keys that begin so.
      type: dict
      sample:
        flannel:
          - read /flannel/network/config
          - readwrite /flannel/network/subnets*
after:
  description: The same after the change.
  type: dict
  returned: success
  contains: *state
api:
  description: The API that was used.
  type: str
  returned: success
  sample: v3
"""

import typing as t

from ansible_collections.overlay.flannel.plugins.module_utils.common.errors import InputError
from ansible_collections.overlay.flannel.plugins.module_utils.etcd import auth_plan as plans
from ansible_collections.overlay.flannel.plugins.module_utils.etcd.auth import AuthState, WantedAuth
from ansible_collections.overlay.flannel.plugins.module_utils.etcd.auth_v3 import (
    AuthV3,
    caller_of,
    refuse_names_unread,
)
from ansible_collections.overlay.flannel.plugins.module_utils.etcd.connection import (
    ARGUMENTS,
    TOGETHER,
    Connection,
    from_params,
)
from ansible_collections.overlay.flannel.plugins.module_utils.etcd.http_client import reach
from ansible_collections.overlay.flannel.plugins.module_utils.etcd.store import until_no_conflict
from ansible_collections.overlay.flannel.plugins.module_utils.flannel.keys import keys_below
from ansible_collections.overlay.flannel.plugins.module_utils.overlay_module import OverlayModule, run
from ansible_collections.overlay.flannel.plugins.module_utils.registry.access import ROLES, USERS, wanted_auth
from ansible_collections.overlay.flannel.plugins.module_utils.registry.diff import pretty
from ansible_collections.overlay.flannel.plugins.module_utils.registry.open_store import api_of, require_files


def require_v3(connection: Connection, params: t.Mapping[str, t.Any]) -> None:
    if api_of(connection, params["api"], params["flannel_version"]) != "v3":
        fix = (
            "protect etcd 2 by client certificates (--client-cert-auth), or use etcd 3 and flannel 0.18 or newer;"
            " the authentication of the v2 API knows passwords only"
        )
        raise InputError("api", "v2", "v3", fix)


def refuse(connection: Connection, state: AuthState, wanted: WantedAuth) -> None:
    caller = caller_of(connection)
    plans.refuse_unknown_roles(state, wanted)
    plans.refuse_lockout(state, wanted, caller)
    if wanted.enable and not state.enabled and not caller.password:
        refuse_names_unread(connection)


def attempt(connection: Connection, wanted: WantedAuth, check_mode: bool) -> dict[str, t.Any]:
    etcd = AuthV3(connection)
    state = etcd.read(wanted.roles)
    refuse(connection, state, wanted)
    steps = plans.plan(state, wanted, caller_of(connection))
    after = plans.afterwards(state, wanted)
    for step in () if check_mode else steps:
        etcd.do(step)
    if after.enabled and steps and not check_mode:
        etcd.check_enabled()
    sides = {"before": plans.shown(state, wanted), "after": plans.shown(after, wanted)}
    headers = {f"{side}_header": "users of etcd" for side in sides}
    diff = {**headers, **{side: pretty(shown) for side, shown in sides.items()}}
    return {"changed": bool(steps), "api": "v3", **sides, "diff": diff}


def work(module: OverlayModule) -> dict[str, t.Any]:
    params = module.params
    connection = from_params(params)
    wanted = wanted_auth(params, keys_below(params["prefix"], "v3"))
    require_files(connection)
    reach(connection)
    require_v3(connection, params)
    return until_no_conflict(lambda: attempt(connection, wanted, module.check_mode))


def main() -> None:
    user = {
        "name": {"type": "str", "required": True},
        "roles": {"type": "list", "elements": "str", "required": True},
    }
    role = {
        "name": {"type": "str", "required": True},
        "access": {"type": "str", "required": True, "choices": ["flannel", "reader"]},
    }
    module = OverlayModule(
        argument_spec={
            **ARGUMENTS,
            "users": {"type": "list", "elements": "dict", "options": user, "default": USERS},
            "roles": {"type": "list", "elements": "dict", "options": role, "default": ROLES},
            "auth": {"type": "bool", "default": True},
        },
        required_together=TOGETHER,
        supports_check_mode=True,
    )
    run(module, lambda: work(module))


if __name__ == "__main__":
    main()
