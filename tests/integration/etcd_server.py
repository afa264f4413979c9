# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Real etcd processes on the loopback interface, each with its own data and random ports."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

CACHE = Path(os.environ.get("OVERLAY_CACHE") or Path.home() / ".cache/overlay-flannel")
FOLDERS = {"3.4": "etcd-debian-3.4", "3.5": "etcd-debian-3.5", "3.6": "etcd-3.6.14"}


def folder_of(version: str) -> Path:
    return CACHE / "tools" / FOLDERS[version]


def free_port() -> int:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        return server.getsockname()[1]


class Etcd:
    """One member that is a cluster of its own."""

    def __init__(
        self,
        version: str,
        data: Path,
        *options: str,
        scheme: str = "http",
        flags: tuple[str, ...] = (),
        address: str = "127.0.0.1",
    ):
        self.version = version
        self.folder = folder_of(version)
        self.data = data
        self.url = f"{scheme}://{address}:{free_port()}"
        self.options = options
        self.flags = flags  # for etcdctl
        self.process: subprocess.Popen | None = None

    @property
    def etcdctl_path(self) -> str:
        return str(self.folder / "etcdctl")

    def start(self) -> Etcd:
        peer = f"http://127.0.0.1:{free_port()}"
        command = [
            str(self.folder / "etcd"),
            f"--data-dir={self.data}",
            f"--listen-client-urls={self.url}",
            f"--advertise-client-urls={self.url}",
            f"--listen-peer-urls={peer}",
            f"--initial-advertise-peer-urls={peer}",
            f"--initial-cluster=default={peer}",
            "--logger=zap",
            *self.options,
        ]
        with self.data.with_suffix(".log").open("wb") as log:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        self._wait()
        return self

    def _wait(self) -> None:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and self.process.poll() is None:
            if self.etcdctl("endpoint", "health", check=False).returncode == 0:
                return
            time.sleep(0.2)
        self.stop()
        raise RuntimeError(self.data.with_suffix(".log").read_text()[-3000:])

    def stop(self) -> None:
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def etcdctl(self, *words: str, check: bool = True, stdin: str = "") -> subprocess.CompletedProcess:
        clean = {name: value for name, value in os.environ.items() if not name.startswith("ETCDCTL_")}
        command = [self.etcdctl_path, f"--endpoints={self.url}", "--command-timeout=5s", *self.flags, *words]
        return subprocess.run(
            command, env={**clean, "ETCDCTL_API": "3"}, input=stdin, capture_output=True, text=True, check=check
        )


class Keys:
    """Keys of one API, written as others would write them: not by the code under test."""

    def __init__(self, etcd: Etcd, api: str):
        self.etcd = etcd
        self.api = api

    def put(self, key: str, value: str, ttl: int = 0) -> None:
        if self.api == "v2":
            self._v2("PUT", key, {"value": value, **({"ttl": ttl} if ttl else {})})
        elif ttl:
            granted = json.loads(self.etcd.etcdctl("lease", "grant", str(ttl), "--write-out=json").stdout)
            self.etcd.etcdctl("put", f"--lease={granted['ID']:x}", "--", key, value)
        else:
            self.etcd.etcdctl("put", "--", key, value)

    def get(self, key: str) -> str | None:
        if self.api == "v2":
            found = self._v2("GET", key)
            return found["node"]["value"] if found else None
        kvs = self.etcd.etcdctl("get", "--print-value-only", "--", key).stdout
        return kvs.rstrip("\n") or None

    def delete(self, key: str) -> None:
        if self.api == "v2":
            self._v2("DELETE", key)
        else:
            self.etcd.etcdctl("del", "--", key)

    def _v2(self, method: str, key: str, form: dict | None = None) -> dict | None:
        data = urllib.parse.urlencode(form).encode() if form else None
        request = urllib.request.Request(f"{self.etcd.url}/v2/keys{key}", data=data, method=method)
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            if error.code == 404:
                return None
            raise
