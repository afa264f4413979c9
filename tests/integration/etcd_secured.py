# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""etcd that takes users from client certificates, and what each of them may do there."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

from certificates import Authority
from etcd_server import Etcd
from modules import run_module

USERS = ("root", "flannel", "reader", "stranger")


class Secured:
    """`etcd.etcdctl` is root's."""

    def __init__(self, start, folder: Path, version: str, *options: str):
        self.authority = Authority(folder)
        self.files = {name: self.authority.issue(name) for name in ("server", *USERS)}
        certificate, key = self.files["server"]
        if not options:
            options = (f"--trusted-ca-file={self.authority.certificate}", "--client-cert-auth")
        self.etcd: Etcd = start(
            version,
            f"--cert-file={certificate}",
            f"--key-file={key}",
            *(option.replace("CA", str(self.authority.certificate)) for option in options),
            scheme="https",
            flags=self.flags("root"),
        )

    def flags(self, user: str) -> tuple[str, ...]:
        certificate, key = self.files[user]
        return f"--cacert={self.authority.certificate}", f"--cert={certificate}", f"--key={key}"

    def connection(self, user: str = "root") -> dict[str, object]:
        certificate, key = self.files[user]
        return {
            "endpoints": [self.etcd.url],
            "api": "v3",
            "etcdctl": self.etcd.etcdctl_path,
            "ca_cert": str(self.authority.certificate),
            "client_cert": certificate,
            "client_key": key,
        }

    def run(self, user: str = "root", check_mode: bool = False, module: str = "etcd_users", **params):
        return run_module(module, check_mode, True, **{**self.connection(user), **params})

    def works(self, user: str = "root", **params):
        result = self.run(user, **params)
        assert not result.get("failed"), result
        return result

    def fails(self, *words: str, user: str = "root", **params):
        """One clear error with these words, and nothing is written."""
        before = self.state()
        result = self.run(user, **params)
        assert result.get("failed"), result
        assert [word for word in (*words, "Fix: ") if word not in result["msg"]] == [], result["msg"]
        assert "exception" not in result
        assert self.state() == before
        return result

    def etcdctl(self, user: str, *words: str) -> subprocess.CompletedProcess:
        etcd = self.etcd
        before, etcd.flags = etcd.flags, self.flags(user)
        try:
            return etcd.etcdctl(*words, check=False)
        finally:
            etcd.flags = before

    def state(self) -> dict[str, object]:
        """All users and roles, as etcdctl prints them for people."""
        found: dict[str, object] = {}
        for kind in ("user", "role"):
            names = json.loads(self.etcd.etcdctl(kind, "list", "--write-out=json").stdout).get(f"{kind}s", [])
            found[kind] = {name: self.etcd.etcdctl(kind, "get", name).stdout for name in names}
        found["enabled"] = self.enabled()
        return found

    def enabled(self) -> bool:
        """Whether somebody without any right is kept out."""
        return self.etcdctl("stranger", "get", "/").returncode != 0

    def forget(self) -> None:
        """All users and roles."""
        self.etcd.etcdctl("auth", "disable", check=False)
        for kind in ("user", "role"):
            for name in json.loads(self.etcd.etcdctl(kind, "list", "--write-out=json").stdout).get(f"{kind}s", []):
                self.etcd.etcdctl(kind, "delete", name)
