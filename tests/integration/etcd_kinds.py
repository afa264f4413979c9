# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""etcd in each state that the contract asks for: plain, with TLS, with users, of three members."""

from __future__ import annotations

import json
import ssl
from pathlib import Path

from certificates import DAY, Authority
from etcd_server import Etcd, basic

PREFIX = "/test"  # all that the user `flannel` may touch
ROOT = "root", "geheim"
USER = {"username": "flannel", "password": "streng:gehéim"}


def v2_options(version: str) -> list[str]:
    return ["--enable-v2"] if version == "3.4" else []


class Kinds:
    """Each kind and version is started when it is first asked for."""

    def __init__(self, start, folder: Path):
        self._start = start
        self._running: dict[tuple[str, str], Etcd] = {}
        self.authority = Authority(folder)
        self.client = self.authority.issue("client")
        self.root = self.authority.issue("root")

    def get(self, kind: str, version: str) -> Etcd:
        if (kind, version) not in self._running:
            self._running[kind, version] = getattr(self, f"_{kind}")(version)
        return self._running[kind, version]

    def tls_options(self, authority: Authority, certificate: tuple[str, str]) -> dict[str, str]:
        return {"ca_cert": str(authority.certificate), "client_cert": certificate[0], "client_key": certificate[1]}

    def _plain(self, version: str) -> Etcd:
        return self._start(version, *v2_options(version))

    def _tls(self, version: str) -> Etcd:
        """Wants a certificate of each client."""
        return self._with_certificate(version, self.authority.issue(f"server-{version}"))

    def _names(self, version: str) -> Etcd:
        """The same for root of etcd, of whom authentication may be enabled."""
        etcd = self._with_certificate(version, self.authority.issue(f"names-{version}"))
        etcd.flags = (f"--cert={self.root[0]}", f"--key={self.root[1]}", "--insecure-skip-tls-verify")
        etcd.client = self.tls_options(self.authority, self.root)
        return etcd

    def _ended(self, version: str) -> Etcd:
        """Its own certificate has ended."""
        return self._with_certificate(version, self.authority.issue(f"ended-{version}", lasts=-DAY))

    def _elsewhere(self, version: str) -> Etcd:
        """Its certificate is that of another host."""
        return self._with_certificate(version, self.authority.issue(f"elsewhere-{version}", address="192.0.2.1"))

    def _with_certificate(self, version: str, certificate: tuple[str, str]) -> Etcd:
        files = [f"--cert-file={certificate[0]}", f"--key-file={certificate[1]}"]
        trusted = [f"--trusted-ca-file={self.authority.certificate}", "--client-cert-auth"]
        flags = (f"--cert={self.client[0]}", f"--key={self.client[1]}", "--insecure-skip-tls-verify")
        etcd = self._start(version, *files, *trusted, *v2_options(version), scheme="https", flags=flags)
        etcd.client = self.tls_options(self.authority, self.client)
        etcd.context = ssl.create_default_context()
        etcd.context.check_hostname, etcd.context.verify_mode = False, ssl.CERT_NONE
        etcd.context.load_cert_chain(*self.client)
        return etcd

    def _users(self, version: str) -> Etcd:
        """By either API the user `flannel` may do all below the prefix, and nothing else."""
        etcd = self._start(version, "--bcrypt-cost=4", *v2_options(version))  # each call of etcdctl pays it
        user = "{username}:{password}".format(**USER)
        for words in (
            ["user", "add", ":".join(ROOT)],
            ["user", "grant-role", "root", "root"],
            ["role", "add", "flannel"],
            ["role", "grant-permission", "flannel", "readwrite", "--prefix=true", f"{PREFIX}/"],
            ["user", "add", user],
            ["user", "grant-role", "flannel", "flannel"],
            ["auth", "enable"],
        ):
            etcd.etcdctl(*words)
        if etcd.has_v2:
            _v2_users(etcd)
        etcd.flags, etcd.headers, etcd.client = (f"--user={':'.join(ROOT)}",), basic(*ROOT), USER
        return etcd


def fill(etcd: Etcd) -> None:
    for number in range(50):
        if etcd.etcdctl("put", f"/fill/{number}", "x" * 10000, check=False).returncode:
            return
    raise AssertionError("etcd did not become full")


def _v2_users(etcd: Etcd) -> None:
    def put(path: str, **document: object) -> None:
        etcd.v2("PUT", path, json.dumps(document).encode(), root="/v2/auth")

    allowed = {"kv": {"read": [f"{PREFIX}/*"], "write": [f"{PREFIX}/*"]}}
    put("/users/root", user=ROOT[0], password=ROOT[1])
    put("/roles/flannel", role="flannel", permissions=allowed)
    put("/users/flannel", user=USER["username"], password=USER["password"], roles=["flannel"])
    put("/enable")
    etcd.headers = basic(*ROOT)
    put("/roles/guest", role="guest", revoke={"kv": {"read": ["/*"], "write": ["/*"]}})


def start_three(start, version: str) -> list[Etcd]:
    """Three members of one cluster."""
    return start(version, "--heartbeat-interval=50", "--election-timeout=500", *v2_options(version), count=3)
