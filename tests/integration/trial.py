# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One module of the action group by one API, and what the contract says about its failures."""

from __future__ import annotations

import dataclasses
import itertools
import time
import typing as t

from etcd_kinds import PREFIX, ROOT, Kinds
from modules import answer_of, ask_module, start_module
from place import Place
from subjects import SUBJECTS, Subject

SLACK = 15  # seconds that starting Python may take on a busy machine
numbers = itertools.count(1)
Result = t.Dict[str, t.Any]


@dataclasses.dataclass
class Trial:
    name: str
    api: str
    kinds: Kinds
    place: Place = dataclasses.field(init=False)

    def __post_init__(self) -> None:
        assert self.name in SUBJECTS, f"{self.name}: give it an entry in tests/integration/subjects.py"
        self.use("plain")

    @property
    def subject(self) -> Subject:
        return SUBJECTS[self.name]

    def use(self, kind: str) -> Place:
        """A prefix of its own in an etcd of this kind, with what the module needs there."""
        self.place = Place(self.kinds.get(kind, self.subject.version(self.api)), self.api, f"{PREFIX}/{next(numbers)}")
        self.subject.arrange(self.place)
        return self.place

    def params(self, **changed: t.Any) -> dict[str, t.Any]:
        root = (
            dict(zip(("username", "password"), ROOT))
            if self.subject.root and "username" in self.place.etcd.client
            else {}
        )
        return {**self.place.connection(), **root, **self.subject.params, **changed}

    def run(self, variables: dict[str, str] | None = None, **changed: t.Any) -> Result:
        if variables:
            return answer_of(start_module(self.name, self.params(**changed), variables=variables))
        return ask_module(self.name, self.params(**changed))

    def works(self, **changed: t.Any) -> Result:
        result = self.run(**changed)
        assert not result.get("failed"), result
        assert result["changed"] == self.subject.writes
        return result

    def fails(self, *words: str, seconds: float = 0, **changed: t.Any) -> Result:
        """One clear error with these words, within these seconds, and no key of etcd is touched."""
        before = self.place.etcd.everything()
        result = self.refuses(*words, seconds=seconds, **changed)
        assert self.place.etcd.everything() == before
        return result

    def refuses(self, *words: str, seconds: float = 0, **changed: t.Any) -> Result:
        started = time.monotonic()
        result = self.run(**changed)
        assert time.monotonic() - started < seconds + SLACK
        assert result.get("failed"), result
        assert [word for word in (*words, "Fix: ") if word not in result["msg"]] == [], result["msg"]
        assert "exception" not in result
        return result
