# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Real etcd clusters of several members on the loopback interface."""

from __future__ import annotations

import concurrent.futures
import json
import time
from pathlib import Path

from etcd_server import Etcd, free_port


class Member(Etcd):
    """One of several; etcd takes the last of repeated flags."""

    def __init__(self, version: str, name: str, data: Path, *options: str, learner: bool = False):
        super().__init__(version, data, *options)
        self.name = name
        self.peer = f"http://127.0.0.1:{free_port()}"
        self.learner = learner

    def join(self, others: list[Member], state: str = "new") -> None:
        everybody = ",".join(f"{one.name}={one.peer}" for one in [*others, self])
        self.options = (
            *self.options,
            f"--name={self.name}",
            f"--listen-peer-urls={self.peer}",
            f"--initial-advertise-peer-urls={self.peer}",
            f"--initial-cluster={everybody}",
            f"--initial-cluster-state={state}",
        )

    def etcdctl(self, *words, **settings):
        """A learner does not say that it is healthy."""
        words = ("endpoint", "status") if self.learner and words == ("endpoint", "health") else words
        return super().etcdctl(*words, **settings)

    def change_members(self, *words: str) -> None:
        """etcd refuses it while its members have not seen each other for five seconds."""
        deadline = time.monotonic() + 30
        while self.etcdctl("member", *words, check=False).returncode:
            if time.monotonic() > deadline:
                raise AssertionError(self.etcdctl("member", *words, check=False).stderr)
            time.sleep(0.5)

    def members(self) -> dict[str, str]:
        """Ids as etcdctl takes them, by name."""
        answer = json.loads(self.etcdctl("member", "list", "--write-out=json").stdout)
        return {one.get("name", ""): f"{one['ID']:x}" for one in answer["members"]}


class Members:
    """A new cluster: node1, node2, ... of these versions."""

    def __init__(self, folder: Path, versions: list[str], *options: str):
        self.folder = folder
        self.all = [Member(version, f"node{n}", folder / f"node{n}", *options) for n, version in enumerate(versions, 1)]
        for one in self.all:
            one.join([other for other in self.all if other is not one])

    def __getitem__(self, name: str) -> Member:
        return next(one for one in self.all if one.name == name)

    @property
    def urls(self) -> list[str]:
        return [one.url for one in self.all]

    def start(self) -> Members:
        """All at once: none is well before the majority is there."""
        with concurrent.futures.ThreadPoolExecutor(len(self.all)) as pool:
            list(pool.map(lambda one: one.start(), self.all))
        return self

    def add(self, name: str, learner: bool = False) -> Member:
        """Added, not started."""
        first = self.all[0]
        new = Member(first.version, name, self.folder / name, learner=learner)
        new.join(self.all, "existing")
        first.change_members("add", name, f"--peer-urls={new.peer}", *(["--learner"] if learner else []))
        self.all.append(new)
        return new

    def stop(self) -> None:
        for one in self.all:
            one.stop()
