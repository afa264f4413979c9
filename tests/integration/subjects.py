# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the tests of the contract have to know about each module of the action group `etcd`: one entry per module."""

from __future__ import annotations

import dataclasses
import typing as t

import yaml
from modules import ROOT
from place import Place

VXLAN = {"Network": "10.5.0.0/16", "Backend": {"Type": "vxlan"}}
PSK = "A" * 43 + "="


def nothing(place: Place) -> None:
    pass


@dataclasses.dataclass(frozen=True)
class Subject:
    """`params` make the module do something where `arrange` has prepared the store."""

    params: dict[str, t.Any] = dataclasses.field(default_factory=dict)
    arrange: t.Callable[[Place], None] = nothing
    apis: tuple[str, ...] = ("v2", "v3")
    both: bool = False  # needs an etcd that speaks both APIs
    root: bool = False  # needs etcd's root where there are users
    # For those that write: another writer's n-th change of the key that the module writes.
    rival: t.Callable[[Place, int], None] | None = None
    # Options that are secret, besides the password.
    secrets: dict[str, str] = dataclasses.field(default_factory=dict)
    # Tests that do not apply, or `TEST-API` for one API -> why.
    excused: dict[str, str] = dataclasses.field(default_factory=dict)
    # What must be in the store for one of its examples, given as the task that is printed.
    arrange_example: t.Callable[[Place, dict[str, t.Any]], None] = lambda place, task: None

    @property
    def writes(self) -> bool:
        return self.rival is not None

    def version(self, api: str) -> str:
        """The etcd to try it on."""
        return "3.4" if api == "v2" or self.both else "3.6"


def two_hosts(place: Place, task: dict[str, t.Any]) -> None:
    place.configure({"Network": "10.20.0.0/16", "Backend": {"Type": "vxlan"}})
    place.lease("10.20.1.0-24", "192.0.2.11")
    place.lease("10.20.2.0-24", "192.0.2.12")


def by_v2(place: Place) -> Place:
    return dataclasses.replace(place, api="v2")


def old_network(place: Place) -> None:
    """What is to be migrated."""
    by_v2(place).configure(VXLAN)
    by_v2(place).lease("10.5.1.0-24", "192.0.2.1")


def old_hosts(place: Place, task: dict[str, t.Any]) -> None:
    options = task["overlay.flannel.migrate"]
    two_hosts(dataclasses.replace(place, api="v2", prefix=options.get("source", {}).get("prefix", place.prefix)), task)


def network_of(place: Place, task: dict[str, t.Any]) -> None:
    """What an example reserves or releases must fit."""
    families = {"EnableIPv6": True, "IPv6Network": "fd00:20::/48"} if "ipv6_subnet" in str(task) else {}
    place.configure({"Network": "10.20.0.0/16", "Backend": {"Type": "vxlan"}, **families})


SUBJECTS = {
    "network": Subject(
        params={"config": VXLAN},
        rival=lambda place, turn: place.configure({**VXLAN, "SubnetLen": 25 + turn % 2}),
        secrets={"psk": PSK},
    ),
    "etcd_info": Subject(
        excused={
            "test_two_of_three_are_down": "this is what it is there to tell, as findings",
            "test_an_etcd_that_stops_in_the_middle_of_an_answer-v2": "the page that did come is told, the others are findings",
            "test_a_wrong_password-v2": "it reads no key, and all else is told to everybody",
            "test_no_user_where_one_is_wanted-v2": "as the one before",
            "test_no_right_on_the_prefix": "it reads no key",
        }
    ),
    "etcd_users": Subject(  # what it writes are no keys: test_etcd_users.py
        params={"users": [], "roles": [], "auth": False},
        apis=("v3",),
        root=True,
        excused={
            "test_no_right_on_the_prefix": "root may do everything",
            "test_an_etcd_that_stops_in_the_middle_of_an_answer": "it reads no key, and its answers are shorter",
        },
    ),
    "lease": Subject(
        params={"public_ip": "192.0.2.9", "subnet": "10.5.9.0/24"},
        arrange=lambda place: place.configure(VXLAN),
        rival=lambda place, turn: place.lease("10.5.9.0-24", f"192.0.2.{100 + turn}"),
        arrange_example=network_of,
    ),
    "migrate": Subject(
        params={"hosts": [{"host": "node1", "public_ip": "192.0.2.1"}]},
        arrange=old_network,
        apis=("v3",),
        both=True,
        rival=lambda place, turn: place.configure({**VXLAN, "SubnetLen": 25 + turn % 2}),
        arrange_example=old_hosts,
        excused={"test_another_writer_who_comes_once": "it writes several keys, and what was written stays"},
    ),
    "lease_info": Subject(arrange=lambda place: place.configure(VXLAN), arrange_example=two_hosts),
}


def group() -> list[str]:
    """The modules of the action group, as Ansible reads it."""
    return yaml.safe_load((ROOT / "meta/runtime.yml").read_text())["action_groups"]["etcd"]


def trials(test: str, writers_only: bool = False) -> list[tuple[str, str]]:
    """Module and API of each run of a test; a module without an entry is run as well, and fails for that."""
    found = []
    for name in sorted({*group(), *SUBJECTS}):
        subject = SUBJECTS.get(name, Subject(apis=("v3",)))
        if subject.writes or not writers_only:
            found += [(name, api) for api in subject.apis if not {test, f"{test}-{api}"} & set(subject.excused)]
    return found
