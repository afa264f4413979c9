# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import itertools

import pytest

from ansible_collections.overlay.flannel.plugins.module_utils.common.errors import InputError, RefusedError
from ansible_collections.overlay.flannel.plugins.module_utils.etcd import auth_plan
from ansible_collections.overlay.flannel.plugins.module_utils.etcd.auth import (
    AuthState,
    Permission,
    WantedAuth,
    on_key,
    on_prefix,
)
from ansible_collections.overlay.flannel.plugins.module_utils.etcd.auth_plan import Caller, Step

READ, WRITE = on_key("read", "/x/config"), on_prefix("readwrite", "/x/subnets")
WANTED = WantedAuth({"root": ("root",), "flannel": ("flannel",)}, {"flannel": (READ, WRITE)})
NOTHING = AuthState(False, {}, {})
DONE = AuthState(True, {"root": ["root"], "flannel": ["flannel"]}, {"flannel": [READ, WRITE]}, ["flannel"])
ROOT = Caller("root")
ALL = [
    "role add -- flannel",
    "role grant-permission -- flannel read /x/config",
    "role grant-permission --prefix=true -- flannel readwrite /x/subnets",
    "user add --no-password -- root",
    "user grant-role -- root root",
    "user add --no-password -- flannel",
    "user grant-role -- flannel flannel",
    "auth enable",
]


def words(state, wanted=WANTED, caller=ROOT):
    return [" ".join(step.words) for step in auth_plan.plan(state, wanted, caller)]


def having(**changed):
    return DONE._replace(**changed)


WIDE, OTHER = on_prefix("readwrite", ""), Permission("read", b"b", b"d")
CASES = {
    "nothing is there": (NOTHING, ALL),
    "all is there": (DONE, []),
    "only the switch": (having(enabled=False), ["auth enable"]),
    "somebody else's": (
        having(
            users={**DONE.users, "ops": ["root"], "kube": []},
            roles={**DONE.roles, "kube": [WIDE]},
            names=["flannel", "kube"],
        ),
        [],
    ),
    "a wider role": (
        having(roles={"flannel": [READ, WIDE, WRITE, OTHER]}),
        ["role revoke-permission --prefix=true -- flannel ", "role revoke-permission -- flannel b d"],
    ),
    "another kind on the same range": (
        having(roles={"flannel": [READ._replace(kind="readwrite"), WRITE]}),
        ["role grant-permission -- flannel read /x/config"],
    ),
    "another prefix": (
        having(roles={"flannel": [on_key("read", "/y/config"), WRITE]}),
        ["role grant-permission -- flannel read /x/config", "role revoke-permission -- flannel /y/config"],
    ),
    "more roles of a user": (
        having(users={"root": ["root"], "flannel": ["flannel", "root"]}),
        ["user revoke-role -- flannel root"],
    ),
    "more roles of root": (having(users={"root": ["ops", "root"], "flannel": ["flannel"]}), []),
    "root without its role": (having(enabled=False, users={**DONE.users, "root": []}), ["user grant-role -- root root", "auth enable"]),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_plan(case):
    state, steps = CASES[case]
    assert words(state) == steps


def test_authentication_stays_off_if_wanted():
    assert words(NOTHING, WANTED._replace(enable=False)) == ALL[:-1]
    assert words(DONE, WANTED._replace(enable=False)) == []


def test_what_is_there_is_let_in_before_less_is_let_in():
    steps = words(having(enabled=False, roles={"flannel": [WIDE]}, users={"root": ["root"], "flannel": ["ops"]}))
    kinds = [" ".join(one.split()[:2]) for one in steps]
    assert kinds == [
        *["role grant-permission"] * 2,
        "user grant-role",
        "user revoke-role",
        "role revoke-permission",
        "auth enable",
    ]


def carried_out(state, steps):
    """etcd, as far as the plan needs it."""
    users = {name: list(roles) for name, roles in state.users.items()}
    roles = {name: {(one.key, one.end): one for one in held} for name, held in state.roles.items()}
    enabled, names = state.enabled, list(state.names)
    for step in steps:
        options = [word for word in step.words if word.startswith("--") and word != "--"]
        (noun, verb), rest = step.words[:2], [word for word in step.words[2:] if word not in (*options, "--")]
        if (noun, verb) == ("role", "add"):
            names.append(rest[0])
            roles[rest[0]] = {}
        elif verb.endswith("-permission"):
            kind, *keys = rest[1:] if verb.startswith("grant") else ["", *rest[1:]]
            one = on_prefix(kind, keys[0]) if options else Permission(kind, *(key.encode() for key in keys))
            roles[rest[0]].pop((one.key, one.end), None)
            if kind:
                roles[rest[0]][one.key, one.end] = one
        elif (noun, verb) == ("user", "add"):
            users[rest[0]] = []
        elif verb.endswith("-role"):
            getattr(users[rest[0]], "append" if verb.startswith("grant") else "remove")(rest[1])
        elif noun == "auth":
            enabled = True
    return AuthState(enabled, users, {name: list(held.values()) for name, held in roles.items()}, names)


@pytest.mark.parametrize(("case", "killed_after"), list(itertools.product(CASES, range(len(ALL)))))
def test_a_run_that_was_killed_is_finished_by_the_next(case, killed_after):
    state = CASES[case][0]
    first = carried_out(state, auth_plan.plan(state, WANTED, ROOT)[:killed_after])
    last = carried_out(first, auth_plan.plan(first, WANTED, ROOT))
    assert auth_plan.plan(last, WANTED, ROOT) == []
    assert auth_plan.shown(last, WANTED) == auth_plan.shown(auth_plan.afterwards(state, WANTED), WANTED)
    assert [name for name in state.users if name not in last.users] == []


PASSWORD = Caller("root", "geheim")


def test_root_by_password():
    """etcd does not check it before authentication is enabled, so it is set."""
    fresh = auth_plan.plan(NOTHING, WANTED, PASSWORD)
    assert Step(("user", "add", "--interactive=false", "--", "root"), "geheim\n") in fresh
    assert Step(("user", "add", "--no-password", "--", "flannel")) in fresh
    there = auth_plan.plan(having(enabled=False), WANTED, PASSWORD)
    assert there == [
        Step(("user", "passwd", "--interactive=false", "--", "root"), "geheim\n"),
        Step(("auth", "enable")),
    ]
    assert auth_plan.plan(DONE, WANTED, PASSWORD) == []
    assert not any("geheim" in " ".join(step.words) for step in fresh + there)


@pytest.mark.parametrize("password", ["geheim 5", " geheim", "geheim\u00a0"])
def test_a_password_that_etcdctl_would_cut(password):
    with pytest.raises(InputError, match="text without blanks") as error:
        auth_plan.plan(NOTHING, WANTED, Caller("root", password))
    assert "geheim" not in str(error.value)


OPS = having(users={**DONE.users, "ops": ["root"]})


@pytest.mark.parametrize(
    ("state", "wanted", "caller", "words"),
    [
        (NOTHING, WANTED, Caller(""), ["without a user", "client_cert"]),
        (NOTHING, WANTED, Caller("flannel"), ["it is the user flannel", "common name is root"]),
        (DONE, WANTED, Caller("flannel"), ["it is the user flannel"]),
        (NOTHING, WANTED._replace(users={"flannel": ("flannel",)}), ROOT, ["without a user root", "auth to false"]),
        (NOTHING, WANTED._replace(users={"root": ("flannel",)}), ROOT, ["without a user root"]),
        (OPS, WANTED._replace(users={**WANTED.users, "ops": ("flannel",)}), Caller("ops"), ["it is the user ops"]),
        (OPS._replace(enabled=False), WANTED, Caller("ops", "geheim"), ["cannot check the password of ops"]),
    ],
)
def test_lockout(state, wanted, caller, words):
    with pytest.raises(RefusedError) as refusal:
        auth_plan.refuse_lockout(state, wanted, caller)
    assert [word for word in (*words, "Fix: ") if word not in str(refusal.value)] == []
    assert "geheim" not in str(refusal.value)


@pytest.mark.parametrize(
    ("state", "wanted", "caller"),
    [
        (NOTHING, WANTED, ROOT),
        (NOTHING, WANTED, PASSWORD),
        (DONE, WANTED, ROOT),
        (DONE, WANTED._replace(users={"flannel": ("flannel",)}), ROOT),
        (OPS, WANTED, Caller("ops", "geheim")),
        (OPS._replace(enabled=False), WANTED, Caller("ops")),
        (NOTHING, WANTED._replace(enable=False), Caller("")),
    ],
)
def test_no_lockout(state, wanted, caller):
    auth_plan.refuse_lockout(state, wanted, caller)


def test_roles_that_are_not_there():
    wanted = WANTED._replace(users={"kube": ("kube",)})
    with pytest.raises(InputError, match=r"users = kube with the role kube: allowed: root, flannel\. Fix: "):
        auth_plan.refuse_unknown_roles(NOTHING, wanted)
    auth_plan.refuse_unknown_roles(NOTHING._replace(names=["kube"]), wanted)
