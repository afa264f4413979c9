# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One member of etcd: its settings, its host's facts, the other members, and what follows from them. No I/O."""

from __future__ import annotations

import dataclasses
import functools
import os
import re
import typing as t
import urllib.parse

from ansible_collections.overlay.flannel.plugins.module_utils.flannel.versions import outlives_compaction
from ansible_collections.overlay.flannel.plugins.module_utils.host.checks.services import ETCD_DROP_IN
from ansible_collections.overlay.flannel.plugins.plugin_utils import etcd_release
from ansible_collections.overlay.flannel.plugins.plugin_utils.address_selection import Choice, host_address
from ansible_collections.overlay.flannel.plugins.plugin_utils.etcd_platforms import EtcdPlatform, etcd_platform
from ansible_collections.overlay.flannel.plugins.plugin_utils.etcd_settings import EtcdSettings
from ansible_collections.overlay.flannel.plugins.plugin_utils.plan_model import Controller, HostFacts

UNIT = "etcd.service"
UNIT_FILE = "/etc/systemd/system/etcd.service"
DROP_IN = "/etc/systemd/system/etcd.service.d/50-overlay-flannel.conf"
ENVIRONMENT = "/etc/etcd/overlay.env"
GUARD_DROP_IN = ETCD_DROP_IN
GUARD = "/usr/local/sbin/overlay-etcd-guard"
# Empty. It is there from the moment at which the member is part of its cluster, outside of the data that may be lost.
MARK = "/etc/etcd/overlay-member"
INITIAL_ENVIRONMENT = "/etc/etcd/overlay-initial.env"
# What a member had before its turn; it is there until the new programs and settings are proved.
KEPT = "/var/lib/overlay-etcd/previous"
# It is there while restore.yml puts other data in place, member by member.
RESTORE_PROGRESS = "/var/lib/overlay-etcd/restore-progress"
PROGRAMS: t.Mapping[str, str] = {name: f"/usr/local/bin/{name}" for name in ("etcd", "etcdctl", "etcdutl")}

# Revisions are kept for as long as a lease lives without its flanneld, 24 h; by itself etcd keeps them until its database is full.
HISTORY: t.Mapping[str, str] = {"ETCD_AUTO_COMPACTION_MODE": "periodic", "ETCD_AUTO_COMPACTION_RETENTION": "24h"}

Mapping = t.Mapping[str, t.Any]


class Member(t.TypedDict):
    """What a member says of itself to the others; `data` is whether it has been part of a cluster already.

    `client_url` is how clients will reach it, `endpoint` how they reach it now, if it runs. `version` is that of the running etcd.
    `plain` is whether it is a member without TLS now: it has data, and serves its clients by http.
    """

    name: str
    client_url: str
    peer_url: str
    data: bool
    endpoint: str
    version: str
    plain: bool


@dataclasses.dataclass(frozen=True)
class EtcdContext:
    """Everything that the plan, the checks and the files of one member are made from."""

    settings: EtcdSettings
    facts: HostFacts
    controller: Controller

    def file(self, path: str) -> Mapping:
        found: Mapping = (self.facts.get("files") or {}).get(path) or {}
        return found

    def content(self, path: str) -> str:
        return self.file(path).get("content") or ""

    @property
    def platform(self) -> Mapping:
        found: Mapping = self.facts["platform"]
        return found

    @functools.cached_property
    def vendor(self) -> EtcdPlatform:
        return etcd_platform(self.platform)

    @property
    def unit(self) -> Mapping:
        found: Mapping = (self.facts.get("units") or {}).get(UNIT) or {}
        return found

    @property
    def running(self) -> Mapping:
        """The etcd of the unit, as far as it runs."""
        found: Mapping = self.facts.get("etcd") or {}
        return found if self.unit.get("active_state") == "active" else {}

    # Programs

    @functools.cached_property
    def minor(self) -> etcd_release.Minor | None:
        """Of the release that this host runs or will run; None where only the distribution knows."""
        if not self.settings.by_package:
            return etcd_release.minor_of(self.settings.version)
        installed = (self.facts.get("packages") or {}).get(self.vendor.server)
        return etcd_release.minor_of(installed or self.vendor.version)

    @property
    def minor_text(self) -> str:
        return "{}.{}".format(*self.minor) if self.minor else ""

    @property
    def is_etcd_2(self) -> bool:
        return etcd_release.is_etcd_2(self.minor)

    @property
    def flannel_needs_v2(self) -> bool:
        return etcd_release.flannel_needs_v2(self.settings.flannel_version)

    @property
    def needs_v2(self) -> bool:
        return self.settings.enable_v2 or self.flannel_needs_v2

    @property
    def extra_settings(self) -> dict[str, str]:
        """What the user has set, and a limit of the history. Not under a flanneld that does not outlive a compaction."""
        settings = self.settings
        outlives = outlives_compaction(settings.flannel_version) and not self.is_etcd_2
        limited = outlives and not set(HISTORY) & set(settings.extra)
        return {**(HISTORY if limited else {}), **settings.extra}

    @property
    def program_names(self) -> list[str]:
        return etcd_release.program_names(self.minor)

    @functools.cached_property
    def archive(self) -> etcd_release.Archive:
        return etcd_release.archive_of(self.settings, self.platform["architecture"])

    @property
    def source(self) -> str:
        """The folder on the controller with the programs."""
        if self.settings.install_method == "archive":
            return self.archive.folder
        return os.path.expanduser(self.settings.file_dir)

    @functools.cached_property
    def missing_sources(self) -> list[str]:
        """Programs that the controller does not have."""
        if self.settings.by_package:
            return []
        paths = [f"{self.source}/{name}" for name in self.program_names]
        return [path for path in paths if self.controller.digest(path) is None]

    # Members

    @property
    def names(self) -> list[str]:
        """The inventory names of all members."""
        return list(self.settings.members or self.controller.groups.get(self.settings.group) or [])

    @functools.cached_property
    def found(self) -> Choice:
        """The address by which this host takes part, or the problem with it."""
        wanted = self.settings.address or self.settings.interface
        controller = self.controller
        running = urllib.parse.urlsplit(self.written_peer_url).hostname or ""
        return host_address(self.facts, wanted, [controller.names[0]], controller.names, running)

    @functools.cached_property
    def member(self) -> Member:
        """This host."""
        address, settings = self.found["address"], self.settings
        data = bool(self.file(f"{settings.data_dir}/member").get("exists"))
        client_url = f"{'https' if settings.cert else 'http'}://{address}:{settings.client_port}"
        return Member(
            name=self.controller.host,
            client_url=client_url,
            peer_url=f"{'https' if settings.peer_cert else 'http'}://{address}:{settings.peer_port}",
            data=data,
            endpoint=next(iter(self.running.get("client_urls") or []), client_url),
            version=self.running.get("version") or "",
            plain=bool(data and self.served_url.startswith("http:")),
        )

    @functools.cached_property
    def members(self) -> list[Member]:
        """Those that are part of this run, this host as its facts are now."""
        known = {member["name"]: self._with_own_schemes(member) for member in self.controller.members}
        known[self.controller.host] = self.member
        return [known[name] for name in dict.fromkeys(self.names) if name in known]

    def _with_own_schemes(self, member: Mapping) -> Member:
        """All members use TLS, or none. Another one may have said what it is before it was known which."""
        own = {"client_url": self.member["client_url"], "peer_url": self.member["peer_url"]}
        urls = {name: f"{url.partition(':')[0]}:{member[name].partition(':')[2]}" for name, url in own.items()}
        return t.cast(Member, {**member, **urls})

    @property
    def others(self) -> list[Member]:
        return [member for member in self.members if member["name"] != self.controller.host]

    @property
    def unfinished(self) -> bool:
        """Whether this member was added to the cluster, but is not promoted yet: its first settings are still there. etcd 2 has no learners."""
        initial = self.content(INITIAL_ENVIRONMENT)
        return self.member["data"] and not self.is_etcd_2 and "ETCD_INITIAL_CLUSTER_STATE=existing" in initial

    @property
    def starts_for_the_first_time(self) -> bool:
        return not self.member["data"] or self.unfinished

    @property
    def lives(self) -> bool:
        """Whether it is part of its cluster now: etcd is ready only then."""
        return self.member["data"] and self.unit.get("active_state") == "active"

    @property
    def first_start(self) -> Mapping:
        """How it starts for the first time, as far as that is known; a member with data is never initialised."""
        return self.controller.first_start if self.starts_for_the_first_time else {}

    # What is written on the host

    def _written(self, name: str) -> str:
        found = re.findall(rf"(?m)^{name}=(.*)$", self.content(ENVIRONMENT))
        return found[-1] if found else ""

    @property
    def written_data_dir(self) -> str:
        return self._written("ETCD_DATA_DIR")

    @property
    def written_peer_urls(self) -> list[str]:
        return [url for url in self._written("ETCD_LISTEN_PEER_URLS").split(",") if url]

    @property
    def written_peer_url(self) -> str:
        return next(iter(self.written_peer_urls), "")

    @property
    def serves_http(self) -> bool:
        """Whether clients reach the member by http, also where it serves https beside that."""
        written = self._written("ETCD_LISTEN_CLIENT_URLS").split(",")
        return self.member["plain"] or self.member["data"] and any(url.startswith("http:") for url in written)

    @property
    def served_url(self) -> str:
        """By which clients reach it now; of a member that does not run what is written; empty where neither is known."""
        return next(iter(self.running.get("client_urls") or []), self._written("ETCD_ADVERTISE_CLIENT_URLS"))
