# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Real etcd clusters of several members on the loopback interface."""

from __future__ import annotations

import json
import time
from pathlib import Path

from etcd_server import Etcd


class Member(Etcd):
    """One of several."""

    learner = False

    def etcdctl(self, *words, **settings):
        """A learner does not say that it is healthy."""
        words = ("endpoint", "status") if self.learner and words == ("endpoint", "health") else words
        return super().etcdctl(*words, **settings)

    def wait_for_no_leader(self) -> None:
        """Until it has noticed that it is alone."""
        deadline = time.monotonic() + 30
        while json.loads(self.etcdctl("endpoint", "status", "--write-out=json").stdout)[0]["Status"].get("leader"):
            if time.monotonic() > deadline:
                raise AssertionError("it still has a leader")
            time.sleep(0.2)

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
        self.all = [
            Member(version, folder / f"node{number}", *options, name=f"node{number}")
            for number, version in enumerate(versions, 1)
        ]

    def __getitem__(self, name: str) -> Member:
        return next(one for one in self.all if one.name == name)

    @property
    def urls(self) -> list[str]:
        return [one.url for one in self.all]

    def start(self) -> Members:
        """All at once: none is well before the majority is there."""
        for one in self.all:
            one.launch(self.all)
        for one in self.all:
            one.wait()
        return self

    def add(self, name: str, learner: bool = False) -> Member:
        """Added, not started."""
        first = self.all[0]
        new = Member(first.version, self.folder / name, name=name)
        new.learner = learner
        first.change_members("add", name, f"--peer-urls={new.peer}", *(["--learner"] if learner else []))
        self.all.append(new)
        return new

    def lose(self, name: str) -> None:
        """It dies; the others are waited for until they have a leader."""
        self[name].stop()
        for one in self.all:
            if one.process.poll() is None:
                one.wait()

    def start_added(self, name: str) -> None:
        self[name].launch(self.all, "existing")
        self[name].wait()

    def stop(self) -> None:
        for one in self.all:
            one.stop()
