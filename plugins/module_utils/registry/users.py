# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether etcd has the users that flannel and the collection need."""

from __future__ import annotations

from ansible_collections.overlay.flannel.plugins.module_utils.etcd.auth_plan import plan
from ansible_collections.overlay.flannel.plugins.module_utils.etcd.auth_v3 import AuthV3, caller_of
from ansible_collections.overlay.flannel.plugins.module_utils.etcd.connection import Connection
from ansible_collections.overlay.flannel.plugins.module_utils.flannel.keys import keys_below
from ansible_collections.overlay.flannel.plugins.module_utils.registry.access import ROLES, USERS, wanted_auth


def differ(connection: Connection, prefix: str) -> bool:
    """Whether users, roles or authentication are not as etcd_users makes them by default; raises OverlayError where they cannot be read."""
    wanted = wanted_auth({"users": USERS, "roles": ROLES, "auth": True}, keys_below(prefix, "v3"))
    state = AuthV3(connection).read(wanted.roles)
    return bool(plan(state, wanted, caller_of(connection)))
