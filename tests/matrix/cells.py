# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which flannel with which etcd is run, and what must come of it. docs/versions.md tells the same to people; a unit test compares them."""

from __future__ import annotations

import dataclasses

# Each fleet has one host with each docker, so each pair is run with all of these together: a suite's own, and on sid also that of the tools.
DOCKERS = {"20.10": "bookworm", "26.1": "trixie", "28.5": "sid", "29.8": "sid"}
BUILT = "29.8"
# Where etcd of that release comes from: the suite that has it as a package, one of the tools of the tests, or FLANNEL_LEGACY_BIN
ETCDS = {"2.3": "legacy", "3.4": "bookworm", "3.5": "trixie", "3.6": "etcd-3.6.14", "3.7": "etcd-3.7.3"}
TOOLS = {"0.28.10": "flannel-0.28.10", "0.26.7": "flannel-0.26.7", "0.15.1": "flannel-0.15.1"}
LEGACY_FLANNEL, LEGACY_ETCD = "0.7.1", "2.3.7"

FAMILIES = {
    "0.28.9 and newer": (0, 28, 9),
    "0.20 to 0.28.8": (0, 20),
    "0.18 and 0.19": (0, 18),
    "0.15 to 0.17": (0, 15),
    "0.10 to 0.14": (0, 10),
    "0.7.1 to 0.9": (0, 7, 1),
    "0.6 and older": (0,),
}


def family_of(flannel: str) -> str:
    """The row of the table in which a flannel stands."""
    version = tuple(int(part) for part in flannel.split("."))
    return next(name for name, lowest in FAMILIES.items() if version >= lowest)


@dataclasses.dataclass(frozen=True)
class Works:
    """From bare hosts to containers that reach each other, twice, and again after reboots."""

    flannel: str
    etcd: str
    api: str
    direct: bool = False  # with DirectRouting
    nftables: bool = False  # the newest docker with that backend of its firewall

    def __str__(self) -> str:
        return f"flannel {self.flannel}, etcd {self.etcd} by {self.api}{self.special}"

    @property
    def special(self) -> str:
        """What this cell has that others do not."""
        return ", DirectRouting" * self.direct + f", docker {BUILT} with nftables" * self.nftables

    @property
    def needs_legacy(self) -> bool:
        """Whether old programs must have been brought."""
        return self.flannel == LEGACY_FLANNEL or ETCDS[self.etcd] == "legacy"

    @property
    def has_tls(self) -> bool:
        """The tests of the stack have etcd 3.6 with TLS, so here it is without."""
        return self.etcd != "3.6"

    @property
    def dockers(self) -> list[str]:
        """Of the hosts; the first one carries etcd."""
        return sorted(DOCKERS, key=lambda docker: DOCKERS[docker] != ETCDS[self.etcd])

    @property
    def suites(self) -> list[str]:
        """Of the hosts."""
        return [DOCKERS[docker] for docker in self.dockers]

    @property
    def column(self) -> str:
        """The column of the table."""
        return f"{self.etcd} by {self.api}" if self.etcd == "3.4" else self.etcd


@dataclasses.dataclass(frozen=True)
class Refused:
    """The run ends with these words, and no host has been touched."""

    flannel: str
    etcd: str
    words: tuple[str, ...]
    foreign: str = ""  # the program of an etcd that somebody else runs: a Debian suite, or legacy
    column: str = ""  # of the table, where it is not that of etcd

    def __str__(self) -> str:
        return f"flannel {self.flannel}, etcd {self.etcd}" + (" of somebody else" if self.foreign else "")

    @property
    def needs_legacy(self) -> bool:
        """Whether an old program must have been brought."""
        return self.foreign == "legacy"


WORKS = [
    *(
        Works("0.28.10", etcd, "v3", direct=etcd == "3.6", nftables=etcd == "3.7")
        for etcd in ("3.4", "3.5", "3.6", "3.7")
    ),
    *(Works("0.26.7", etcd, "v3") for etcd in ("3.4", "3.5", "3.6", "3.7")),
    *(Works("0.15.1", etcd, "v2") for etcd in ("2.3", "3.4", "3.5")),
    *(Works("0.7.1", etcd, "v2") for etcd in ("2.3", "3.4", "3.5")),
]

ONLY_V3 = ("flannel 0.18 and newer speaks only",)
V2_GONE = ("etcd_flannel_version", "removed in etcd 3.6", "flannel 0.18 or newer")
TOO_OLD = ("etcd 3.4 or newer",)
V2_OFF = ("flannel_etcd_endpoints", "etcd's v2 API switched on", "etcd_enable_v2")
REFUSED = [
    Refused("0.28.10", "2.3.7", ("etcd_version", *ONLY_V3)),
    Refused("0.26.7", "2.3.7", ("etcd_version", *ONLY_V3)),
    Refused("0.28.10", "2.3.7", ("flannel_etcd_endpoints", *ONLY_V3), foreign="legacy", column="2.3"),
    Refused("0.28.10", "3.3.27", ("etcd_version", *TOO_OLD)),
    Refused("0.15.1", "3.3.27", ("etcd_version", *TOO_OLD)),
    Refused("0.15.1", "3.6.14", V2_GONE),
    Refused("0.7.1", "3.6.14", V2_GONE),
    Refused("0.15.1", "3.4", V2_OFF, foreign="bookworm", column="3.4 by v3"),
    Refused("0.7.1", "3.4", V2_OFF, foreign="bookworm", column="3.4 by v3"),
    Refused("0.6.2", "3.4", ("flannel_version", "0.7.1 or newer"), column="3.4 by v2"),
]
