# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Real etcd processes on the loopback interface, each with its own data and random ports."""

from __future__ import annotations

import base64
import json
import os
import socket
import ssl
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Sequence
from pathlib import Path

CACHE = Path(os.environ.get("OVERLAY_CACHE") or Path.home() / ".cache/overlay-flannel")
FOLDERS = {"3.4": "etcd-debian-3.4", "3.5": "etcd-debian-3.5", "3.6": "etcd-3.6.14", "3.7": "etcd-3.7.3"}

WITH_US = ("setpriv", "--pdeathsig", "KILL")  # what it starts ends also when this session is killed


def folder_of(version: str) -> Path:
    return CACHE / "tools" / FOLDERS[version]


_own_ports: list[socket.socket] = []


def own_port() -> int:
    """A port that the kernel gives to nobody else while this process lives: it is bound, and not listened on.

    Who sets SO_REUSEADDR, as everything written in Go does, can listen there (socket(7)); until then, connections are
    refused. A port that is asked for and given back is given to the next one who asks, once in some hundred times.
    """
    port = socket.socket()
    port.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    port.bind(("", 0))
    _own_ports.append(port)
    return port.getsockname()[1]


class Etcd:
    """One member, by default a cluster of its own."""

    def __init__(
        self,
        version: str,
        data: Path,
        *options: str,
        name: str = "node1",
        scheme: str = "http",
        flags: tuple[str, ...] = (),
        address: str = "127.0.0.1",
        before: Etcd | None = None,
    ):
        """`before` is the member whose data and URLs it takes over."""
        self.version = version
        self.name = name
        self.folder = folder_of(version)
        self.data = before.data if before else data
        self.url = before.url if before else f"{scheme}://{address}:{own_port()}"
        secure = any(option.startswith("--peer-cert-file") for option in options)
        self.peer = before.peer if before else f"{'https' if secure else 'http'}://127.0.0.1:{own_port()}"
        self.options = options
        self.flags = flags  # for etcdctl
        self.headers: dict[str, str] = {}  # for the v2 API, as the next one
        self.context: ssl.SSLContext | None = None
        self.client: dict[str, str] = {}  # options with which a module is let in
        self.process: subprocess.Popen | None = None

    @property
    def etcdctl_path(self) -> str:
        return str(self.folder / "etcdctl")

    @property
    def has_v2(self) -> bool:
        return "--enable-v2" in self.options

    def launch(self, members: Sequence[Etcd], state: str = "new") -> None:
        """Start it as one of these, itself included; it is not waited for."""
        command = [
            *WITH_US,
            str(self.folder / "etcd"),
            f"--name={self.name}",
            f"--data-dir={self.data}",
            f"--listen-client-urls={self.url}",
            f"--advertise-client-urls={self.url}",
            f"--listen-peer-urls={self.peer}",
            f"--initial-advertise-peer-urls={self.peer}",
            "--initial-cluster=" + ",".join(f"{one.name}={one.peer}" for one in members),
            f"--initial-cluster-state={state}",
            "--logger=zap",
            *self.options,
        ]
        with self.data.with_suffix(".log").open("wb") as log:
            self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def wait(self) -> None:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and self.process.poll() is None:
            if self.etcdctl("endpoint", "health", check=False).returncode == 0:
                return
            time.sleep(0.1)
        self.stop()
        raise RuntimeError(self.data.with_suffix(".log").read_text()[-3000:])

    def status(self) -> dict:
        """Its own part of `endpoint status`."""
        return json.loads(self.etcdctl("endpoint", "status", "--write-out=json").stdout)[0]["Status"]

    def everything(self) -> dict[str, tuple[str, int]]:
        """All keys of both APIs, with value and revision."""
        kvs = json.loads(self.etcdctl("get", "--prefix", "--write-out=json", "--", "").stdout).get("kvs", [])
        found = {"v3 " + kv["key"]: (kv.get("value", ""), kv["mod_revision"]) for kv in kvs}
        if self.has_v2:
            tree = self.v2("GET", "/?recursive=true")
            found.update(
                {f"v2 {node['key']}": (node["value"], node["modifiedIndex"]) for node in _leaves(tree["node"])}
            )
        return found

    def clear(self) -> None:
        """Forget all keys of both APIs."""
        self.etcdctl("del", "--prefix", "--", "")
        for folder in self.v2("GET", "/")["node"].get("nodes", []) if self.has_v2 else []:
            self.v2("DELETE", folder["key"] + "?recursive=true")

    def v2(self, method: str, path: str, form: dict | bytes | None = None, root: str = "/v2/keys") -> dict | None:
        data = urllib.parse.urlencode(form).encode() if isinstance(form, dict) else form
        request = urllib.request.Request(self.url + root + path, data=data, method=method, headers=self.headers)
        try:
            with urllib.request.urlopen(request, timeout=10, context=self.context) as answer:
                return json.loads(answer.read() or b"null")
        except urllib.error.HTTPError as error:
            if error.code == 404:
                return None
            raise

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
            self.etcd.v2("PUT", urllib.parse.quote(key), {"value": value, **({"ttl": ttl} if ttl else {})})
            return
        lease = []
        if ttl:
            granted = json.loads(self.etcd.etcdctl("lease", "grant", str(ttl), "--write-out=json").stdout)
            lease = [f"--lease={granted['ID']:x}"]
        self.etcd.etcdctl("put", *lease, "--", key, stdin=value)

    def get(self, key: str) -> str | None:
        if self.api == "v2":
            found = self.etcd.v2("GET", urllib.parse.quote(key))
            return found["node"]["value"] if found else None
        kvs = self.etcd.etcdctl("get", "--print-value-only", "--", key).stdout
        return kvs.rstrip("\n") or None

    def delete(self, key: str) -> None:
        if self.api == "v2":
            self.etcd.v2("DELETE", urllib.parse.quote(key))
        else:
            self.etcd.etcdctl("del", "--", key)


def _leaves(node: dict) -> list[dict]:
    list_prefix = [leaf for child in node.get("nodes", []) for leaf in _leaves(child)]
    return list_prefix if node.get("dir") else [node]


def basic(user: str, password: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}
