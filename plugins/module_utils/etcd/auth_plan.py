# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From the users and roles that etcd has, and those that are wanted, to the calls of etcdctl in between. No I/O."""

from __future__ import annotations

import typing as t

from ansible_collections.overlay.flannel.plugins.module_utils.common.errors import InputError, RefusedError
from ansible_collections.overlay.flannel.plugins.module_utils.etcd.auth import ROOT, AuthState, Permission, WantedAuth


class Step(t.NamedTuple):
    """One call of etcdctl. Each one can be the last before the module is killed: what remains is planned anew."""

    words: tuple[str, ...]
    stdin: str = ""  # a password


class Caller(t.NamedTuple):
    """As whom etcd will see us: by a password, or by the common name of the client certificate."""

    name: str
    password: str = ""


def plan(state: AuthState, wanted: WantedAuth, caller: Caller) -> list[Step]:
    """First what lets more in, then what lets less in, and the switch at the end."""
    steps = [*_roles(state, wanted), *_users(state, wanted, caller), *_narrowing(state, wanted)]
    if wanted.enable and not state.enabled:
        steps += [*_password(state, caller), Step(("auth", "enable"))]
    return steps


def _roles(state: AuthState, wanted: WantedAuth) -> t.Iterator[Step]:
    for role, permissions in wanted.roles.items():
        if role not in state.names:
            yield Step(("role", "add", "--", role))
        for one in permissions:
            if one not in state.roles.get(role, ()):
                options, keys = one.range_words()
                yield Step(("role", "grant-permission", *options, "--", role, one.kind, *keys))


def _users(state: AuthState, wanted: WantedAuth, caller: Caller) -> t.Iterator[Step]:
    for user, roles in wanted.users.items():
        if user not in state.users:
            if (user, bool(caller.password)) == (ROOT, True) and caller.name == ROOT:
                yield Step(("user", "add", "--interactive=false", "--", user), _line(caller.password))
            else:
                yield Step(("user", "add", "--no-password", "--", user))
        for role in roles:
            if role not in state.users.get(user, ()):
                yield Step(("user", "grant-role", "--", user, role))


def _password(state: AuthState, caller: Caller) -> t.Iterator[Step]:
    """etcd does not check a password before authentication is enabled, so a wrong one would lock everybody out."""
    if caller.name == ROOT and caller.password and ROOT in state.users:
        yield Step(("user", "passwd", "--interactive=false", "--", ROOT), _line(caller.password))


def _line(password: str) -> str:
    """As etcdctl reads it from its input, where a blank ends it."""
    if password.split() != [password]:
        fix = "choose another password, or use a client certificate whose common name is root"
        raise InputError("password", "(a secret)", "text without blanks", fix)
    return password + "\n"


def _narrowing(state: AuthState, wanted: WantedAuth) -> t.Iterator[Step]:
    for user, roles in wanted.users.items():
        for role in state.users.get(user, ()) if user != ROOT else ():
            if role not in roles:
                yield Step(("user", "revoke-role", "--", user, role))
    for role, permissions in wanted.roles.items():
        for one in _surplus(state.roles.get(role, ()), permissions):
            options, keys = one.range_words()
            yield Step(("role", "revoke-permission", *options, "--", role, *keys))


def _surplus(present: t.Sequence[Permission], wanted: t.Sequence[Permission]) -> list[Permission]:
    """Granting another kind on the same range replaces the former one."""
    ranges = {(one.key, one.end) for one in wanted}
    return [one for one in present if (one.key, one.end) not in ranges]


def afterwards(state: AuthState, wanted: WantedAuth) -> AuthState:
    """What etcd has when all is done."""
    users = {**state.users, **{user: roles_after(state, wanted, user) for user in wanted.users}}
    names = [*state.names, *(role for role in wanted.roles if role not in state.names)]
    roles = {**state.roles, **{role: sorted(permissions) for role, permissions in wanted.roles.items()}}
    return AuthState(state.enabled or wanted.enable, users, roles, names)


def roles_after(state: AuthState, wanted: WantedAuth, user: str) -> list[str]:
    """The user root keeps roles that it has besides."""
    kept = state.users.get(user, ()) if user == ROOT else ()
    return sorted({*kept, *wanted.users[user]})


def refuse_unknown_roles(state: AuthState, wanted: WantedAuth) -> None:
    """A role of somebody else may be given to a user if it is there."""
    known = [ROOT, *wanted.roles, *(name for name in state.names if name not in wanted.roles and name != ROOT)]
    for user, roles in wanted.users.items():
        for role in roles:
            if role not in known:
                fix = "correct the name, describe the role in roles, or make it first: etcdctl role add"
                raise InputError("users", f"{user} with the role {role}", ", ".join(known), fix)


def refuse_lockout(state: AuthState, wanted: WantedAuth, caller: Caller) -> None:
    """Afterwards nobody, or not we, could administrate etcd. Before it is enabled, etcd lets everybody do everything."""
    after = afterwards(state, wanted)
    if not after.enabled:
        return
    if ROOT not in after.users.get(ROOT, ()):
        raise RefusedError(
            "etcd cannot enable authentication without a user root that has the role root. Fix: add name root with"
            " roles [root] to users, or set auth to false"
        )
    if ROOT not in after.users.get(caller.name, ()):
        raise RefusedError(
            f"with authentication enabled this module could not administrate etcd any more: {_who(caller)}, which does"
            " not have the role root then. Fix: set client_cert and client_key to a certificate whose common name is"
            " root and use https endpoints, or set username to root and password"
        )
    if not state.enabled and caller.password and caller.name != ROOT:
        raise RefusedError(
            f"etcd cannot check the password of {caller.name} before authentication is enabled. Fix: enable it with a"
            " client certificate whose common name is root, or with username root and its password"
        )


def _who(caller: Caller) -> str:
    if not caller.name:
        return "it calls without a user, because it has no client certificate with a common name, or the endpoints are http"
    return f"it is the user {caller.name}"


def shown(state: AuthState, wanted: WantedAuth) -> dict[str, t.Any]:
    """The part that is managed here, for results and diffs."""
    return {
        "auth": state.enabled,
        "users": {user: sorted(state.users[user]) for user in sorted(wanted.users) if user in state.users},
        "roles": {
            role: [str(one) for one in sorted(state.roles.get(role, ()))]
            for role in sorted(wanted.roles)
            if role in state.names
        },
    }
