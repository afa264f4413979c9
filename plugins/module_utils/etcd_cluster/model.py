# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An etcd cluster as its endpoints report it. No I/O."""

from __future__ import annotations

import dataclasses
import typing as t


class Member(t.NamedTuple):
    """As the cluster's list of members has it; ids are hexadecimal, as etcdctl prints and takes them."""

    id: str
    name: str  # empty: added, but its etcd has never been started
    peer_urls: tuple[str, ...]
    client_urls: tuple[str, ...]
    learner: bool = False

    @property
    def display_name(self) -> str:
        return self.name or ", ".join(self.peer_urls) or self.id


class Alarm(t.NamedTuple):
    member_id: str
    kind: str  # NOSPACE or CORRUPT


class Status(t.NamedTuple):
    """What a member reports of itself. None: this etcd, or its API, does not report it. Sizes are in bytes."""

    member_id: str
    cluster_id: str
    version: str
    leader: str  # id; empty: it knows none
    raft_term: int | None = None
    raft_index: int | None = None
    raft_applied_index: int | None = None
    db_size: int | None = None
    db_size_in_use: int | None = None
    db_quota: int | None = None
    learner: bool = False  # a learner reports its status and nothing else


@dataclasses.dataclass(frozen=True)
class Endpoint:
    """What one URL answered. Without a status, `cause` says why and `fix` what to do."""

    url: str
    given: bool = True  # False: found in the list of members
    cause: str = ""
    fix: str = ""
    healthy: bool | None = None  # None: it does not say
    unhealthy_reason: str = ""
    status: Status | None = None
    members: tuple[Member, ...] | None = None
    alarms: tuple[Alarm, ...] | None = None
    certificate_end: float | None = None  # seconds since 1970
    auth: bool | None = None  # whether authentication is enabled; None: it does not say


@dataclasses.dataclass(frozen=True)
class Cluster:
    """`files` are the ends of the certificates in the given files, by path, `peers` those that members show each other, by peer URL.

    Both are in seconds since 1970.
    """

    endpoints: t.Sequence[Endpoint]
    files: t.Mapping[str, float] = dataclasses.field(default_factory=dict)
    peers: t.Mapping[str, float] = dataclasses.field(default_factory=dict)

    @property
    def statuses(self) -> list[Status]:
        return [endpoint.status for endpoint in self.endpoints if endpoint.status]

    @property
    def ids(self) -> list[str]:
        return sorted({status.cluster_id for status in self.statuses})

    @property
    def members(self) -> list[Member]:
        """The members that any endpoint reports."""
        found = {member.id: member for endpoint in self.endpoints for member in endpoint.members or ()}
        return sorted(found.values(), key=lambda member: (member.name, member.id))

    @property
    def voters(self) -> list[Member]:
        return [member for member in self.members if not member.learner]

    @property
    def alarms(self) -> list[Alarm] | None:
        """None: no endpoint reports them."""
        reported = [endpoint.alarms for endpoint in self.endpoints if endpoint.alarms is not None]
        return sorted({alarm for alarms in reported for alarm in alarms}) if reported else None

    @property
    def auth(self) -> bool | None:
        """Whether authentication is enabled; None: no endpoint reports it."""
        reported = [endpoint.auth for endpoint in self.endpoints if endpoint.auth is not None]
        return any(reported) if reported else None

    @property
    def client_urls(self) -> list[str]:
        """All that clients use: those that the members advertise, and those that answered."""
        advertised = [url for member in self.members for url in member.client_urls]
        return sorted({*advertised, *(endpoint.url for endpoint in self.endpoints if endpoint.status)})

    @property
    def leader(self) -> str:
        """The id of the leader as the endpoint with the newest term knows it; empty if none knows one."""
        known = [status for status in self.statuses if status.leader]
        return max(known, key=lambda status: status.raft_term or 0).leader if known else ""

    def title_of(self, member_id: str) -> str:
        return next((member.display_name for member in self.members if member.id == member_id), member_id)

    def host_of_peer(self, url: str) -> str:
        return next((member.display_name for member in self.members if url in member.peer_urls), "")

    def owner_of(self, endpoint: Endpoint) -> Member | None:
        """The member that answered, else the one that advertises the URL."""
        if endpoint.status:
            return next((member for member in self.members if member.id == endpoint.status.member_id), None)
        return next(iter(self.advertisers_of(endpoint)), None)

    def advertisers_of(self, endpoint: Endpoint) -> list[Member]:
        """Usually one; several where all were left at etcd's default of http://localhost:2379."""
        return [member for member in self.members if endpoint.url in member.client_urls]

    def host_of(self, endpoint: Endpoint) -> str:
        owner = self.owner_of(endpoint)
        return owner.display_name if owner else ""

    def answers_of(self, member: Member) -> list[Endpoint]:
        return [one for one in self.endpoints if one.status and one.status.member_id == member.id]

    def health_of(self, member: Member) -> bool | None:
        """Whether one of its endpoints is healthy; None when it was not queried, or does not report it."""
        reported = [one.healthy for one in self.answers_of(member)]
        if reported:
            return True if True in reported else None if None in reported else False
        return False if self.is_silent(member) or not member.name else None

    def is_silent(self, member: Member) -> bool:
        """One of its URLs did not answer, and neither did another."""
        queried = any(one.url in member.client_urls for one in self.endpoints if not one.status)
        return queried and not self.answers_of(member)


class Quorum(t.NamedTuple):
    """How many voting members there are, how many must take part, and how many do as far as is known."""

    voters: int
    needed: int
    present: int

    @property
    def tolerance(self) -> int:
        """How many more members may fail."""
        return max(self.present - self.needed, 0)


def quorum_of(cluster: Cluster) -> Quorum | None:
    """None where the members are not known, or are of several clusters. A member that was not queried counts as present."""
    voters = cluster.voters
    if not voters or len(cluster.ids) > 1:
        return None
    return Quorum(len(voters), len(voters) // 2 + 1, sum(1 for member in voters if _takes_part(cluster, member)))


def _takes_part(cluster: Cluster, member: Member) -> bool:
    """It answers and knows the leader; where no leader is known, answering is enough."""
    reported = [one.status for one in cluster.answers_of(member) if one.status]
    if reported:
        return not cluster.leader or any(status.leader for status in reported)
    return bool(member.name) and not cluster.is_silent(member)
