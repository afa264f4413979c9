# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from ansible_collections.overlay.flannel.plugins.module_utils.common.errors import InputError
from ansible_collections.overlay.flannel.plugins.module_utils.flannel.keys import keys_below
from ansible_collections.overlay.flannel.plugins.module_utils.registry.access import ROLES, USERS, wanted_auth

KEYS = keys_below("/blue//network/", "v3")


def wanted(users=USERS, roles=ROLES, keys=KEYS):
    return wanted_auth({"users": users, "roles": roles, "auth": True}, keys)


def test_defaults():
    found = wanted()
    assert found.users == {"root": ("root",), "flannel": ("flannel",), "reader": ("reader",)}
    assert {role: [str(one) for one in held] for role, held in found.roles.items()} == {
        "flannel": ["read /blue/network/config", "readwrite /blue/network/subnets*"],
        "reader": ["read /blue/network/*"],
    }


@pytest.mark.parametrize("key", ["/blue/network2/config", "/blue/network", "/blue/network0", "/blue", "/other"])
def test_keys_beside_the_prefix_are_in_no_range(key):
    held = [one for permissions in wanted().roles.values() for one in permissions]
    assert [one for one in held if one.key <= key.encode() < (one.end or one.key + b"\0")] == []


@pytest.mark.parametrize(
    ("users", "roles", "words"),
    [
        ([{"name": "a:b", "roles": []}], ROLES, ["users = 'a:b'", "letters"]),
        ([{"name": "-a", "roles": []}], ROLES, ["users = '-a'"]),
        ([{"name": "", "roles": []}], ROLES, ["users = ''"]),
        ([*USERS, USERS[0]], ROLES, ["users = 'root'", "each name once"]),
        (USERS, [*ROLES, {"name": "a b", "access": "reader"}], ["roles = 'a b'"]),
        (USERS, [{"name": "root", "access": "reader"}], ["roles = root", "leave it out"]),
    ],
)
def test_bad_names(users, roles, words):
    with pytest.raises(InputError) as error:
        wanted(users, roles)
    assert [word for word in (*words, "Fix: ") if word not in str(error.value)] == []
