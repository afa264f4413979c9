# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Users and roles of etcd through etcdctl, and whether etcd takes users from client certificates."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.overlay.flannel.plugins.module_utils.common.certificates import parse_pem
from ansible_collections.overlay.flannel.plugins.module_utils.common.errors import (
    ConflictError,
    DeclinedError,
    RefusedError,
    StoreError,
    maybe_written,
)
from ansible_collections.overlay.flannel.plugins.module_utils.common.subprocesses import Finished
from ansible_collections.overlay.flannel.plugins.module_utils.etcd import auth
from ansible_collections.overlay.flannel.plugins.module_utils.etcd.auth_plan import Caller, Step
from ansible_collections.overlay.flannel.plugins.module_utils.etcd.client_v3 import ClientV3
from ansible_collections.overlay.flannel.plugins.module_utils.etcd.connection import Connection
from ansible_collections.overlay.flannel.plugins.module_utils.etcd.http_client import explain

_NOBODY = "overlay-flannel-nobody"  # a user that nobody makes


class AuthV3(ClientV3):
    def read(self, roles: t.Iterable[str]) -> auth.AuthState:
        """All users, and the permissions of these roles."""
        enabled = self.enabled()
        users = self._call(["user", "list"], lambda answer: auth.names_in(answer, "users"))
        names = self._call(["role", "list"], lambda answer: auth.names_in(answer, "roles"))
        there = [role for role in roles if role in names]
        held = self._call_all([["user", "get", "--", user] for user in users], lambda one: auth.names_in(one, "roles"))
        granted = self._call_all([["role", "get", "--", role] for role in there], auth.permissions_in)
        return auth.AuthState(enabled, dict(zip(users, held)), dict(zip(there, granted)), names)

    def enabled(self) -> bool:
        """By a request that every release knows: a cluster may be on its way from 3.4."""
        nobody = dataclasses.replace(self._connection, username=_NOBODY, password=_NOBODY)
        done = AuthV3(nobody, self._run)._start([["user", "list"]])[0]
        found = auth.enabled_for_nobody(done)
        if found is None:
            raise self._failure("auth", done, 1) if done.code else self._unread("auth", done)
        return found

    def do(self, step: Step) -> None:
        try:
            self._finish([list(step.words)], step.stdin)
        except DeclinedError:
            raise
        except StoreError as error:
            raise maybe_written(error) from None

    def check_enabled(self) -> None:
        """That etcd still knows us once authentication is enabled."""
        try:
            self._call(["user", "list"], lambda answer: auth.names_in(answer, "users"))
        except DeclinedError as error:
            raise StoreError(
                f"authentication is enabled now, and etcd does not take this module for root: {error}. If etcd runs"
                " with --trusted-ca-file, but without --client-cert-auth, add that and restart all members"
            ) from None

    def _failure(self, verb: str, done: Finished, seconds_left: float) -> StoreError:
        if auth.denied(done.stderr):
            return self._error(verb, *_denial(caller_of(self._connection)), DeclinedError)
        if auth.overtaken(done.stderr):
            fix = "run it again"
            return self._error(verb, "another caller was faster", fix, ConflictError)
        return super()._failure(verb, done, seconds_left)


def _denial(caller: Caller) -> tuple[str, str]:
    who = f"{caller.name!r} is no user with the role root" if caller.name else "it was called without a user"
    return (
        f"authentication is enabled, and {who}",
        "use https endpoints with client_cert and client_key of a certificate whose common name is root, or set username"
        " and password of root",
    )


def caller_of(connection: Connection) -> Caller:
    """The user by name and password comes before that of the certificate, which only travels by https."""
    if connection.username:
        return Caller(connection.username, connection.password)
    if not connection.client_cert or not all(url.startswith("https:") for url in connection.endpoints):
        return Caller("")
    with open(connection.client_cert, encoding="utf-8", errors="replace") as file:
        try:
            found = parse_pem(file.read())
        except ValueError:  # odd, but OpenSSL has taken it
            found = []
    return Caller(found[0].common_name if found else "")


def refuse_names_unread(connection: Connection) -> None:
    """Users by certificate need a server that verifies the client's, which it does if it accepts nobody without one."""
    anybody = dataclasses.replace(connection, client_cert="", client_key="")
    for url in connection.endpoints:
        if explain(dataclasses.replace(anybody, endpoints=(url,)), connection.timeout) is None:
            raise RefusedError(
                f"{url} does not ask for client certificates, so etcd cannot take users from them. Fix: start etcd with"
                " --client-cert-auth and --trusted-ca-file, or set username to root and password",
            )
