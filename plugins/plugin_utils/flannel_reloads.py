# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which network services have to reload for files of the role flannel: for new ones, and for those of a run that was killed before. No I/O."""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.overlay.flannel.plugins.plugin_utils.desired_state import part
from ansible_collections.overlay.flannel.plugins.plugin_utils.flannel_context import FlannelContext

RELOADING_NETWORKD = 244  # the first systemd with `networkctl reload`
# A process's start is known by the kernel's ticks and the clock.
CLOCK_MARGIN = 0.5


class Reload(t.TypedDict):
    """`loaded` is a file in /run: it is at least as new as the newest of `files` that the service has loaded."""

    unit: str
    command: str
    loaded: str
    files: list[str]


@dataclasses.dataclass(frozen=True)
class Service:
    unit: str
    command: str
    files: t.Sequence[str]
    oldest_systemd: int = 0

    @property
    def loaded(self) -> str:
        return f"/run/overlay-flannel-{self.unit.partition('.')[0]}.loaded"


NETWORKD = Service(
    "systemd-networkd.service",
    "networkctl reload",
    (
        "/etc/systemd/network/10-overlay-flannel.link",
        "/etc/systemd/network/10-overlay-flannel.network",
        "/etc/systemd/networkd.conf.d/10-overlay-flannel.conf",
    ),
    RELOADING_NETWORKD,
)
NETWORK_MANAGER = Service(
    "NetworkManager.service",
    "systemctl reload NetworkManager.service",
    ("/etc/NetworkManager/conf.d/10-overlay-flannel.conf",),
)
SERVICES = (NETWORKD, NETWORK_MANAGER)


def can_reload(service: Service, context: FlannelContext) -> bool:
    return context.is_active(service.unit) and context.systemd_version >= service.oldest_systemd


def unloaded(service: Service, context: FlannelContext) -> list[str]:
    """Files that are newer than the start of the service and than its last reload by the role; none where the start is not known."""
    seen = part(context.facts, "files")
    started = context.unit(service.unit).get("started")
    if started is None or not can_reload(service, context):
        return []
    since = max(started + CLOCK_MARGIN, (seen.get(service.loaded) or {}).get("mtime") or 0.0)
    return [path for path in service.files if ((seen.get(path) or {}).get("mtime") or 0.0) > since]


def reloads(context: FlannelContext, changing: t.Collection[str]) -> list[Reload]:
    """`changing` are the paths that this run writes."""
    return [
        Reload(unit=one.unit, command=one.command, loaded=one.loaded, files=list(one.files))
        for one in SERVICES
        if can_reload(one, context) and (set(changing) & set(one.files) or unloaded(one, context))
    ]


def unloaded_texts(context: FlannelContext) -> list[str]:
    return [f"{one.unit} has not loaded {path}" for one in SERVICES for path in unloaded(one, context)]
