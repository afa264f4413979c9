# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the role metrics owns on a host. No I/O."""

from __future__ import annotations

import json
import typing as t

from ansible_collections.overlay.flannel.plugins.module_utils.flannel.psk import without_psk
from ansible_collections.overlay.flannel.plugins.plugin_utils.desired_state import part
from ansible_collections.overlay.flannel.plugins.plugin_utils.metrics_program import program
from ansible_collections.overlay.flannel.plugins.plugin_utils.metrics_settings import TEXTFILE, MetricsSettings
from ansible_collections.overlay.flannel.plugins.plugin_utils.plan_model import FileItem, HostFacts, Renderer
from ansible_collections.overlay.flannel.plugins.plugin_utils.sandbox import metrics_sandbox

SCRIPT = "/usr/local/sbin/overlay-metrics"
SETTINGS_FILE = "/etc/overlay-metrics.json"
SERVICE, TIMER = "overlay-metrics.service", "overlay-metrics.timer"
UNIT_FILES = tuple(f"/etc/systemd/system/{unit}" for unit in (SERVICE, TIMER))
OWNED = (SCRIPT, SETTINGS_FILE, *UNIT_FILES)


def directories(settings: MetricsSettings) -> list[FileItem]:
    """Owner and mode of one that is there already are those of node_exporter's package."""
    return [FileItem(path=settings.dir, state="directory")]


def files(settings: MetricsSettings, facts: HostFacts, collection: str, render: Renderer) -> list[FileItem]:
    version = int(facts["platform"]["systemd_version"])
    words: dict[str, t.Any] = {
        "systemd_version": version,
        "interval": settings.interval,
        "spread": max(settings.interval // 10, 1),
        "script": SCRIPT,
        "settings_file": SETTINGS_FILE,
        "sandbox": metrics_sandbox(version, settings.dir),
    }
    content = json.dumps(exporter_settings(settings, collection), indent=2, sort_keys=True) + "\n"
    return [
        FileItem(path=SCRIPT, content=program(render, settings.python), mode="0755"),
        FileItem(path=SETTINGS_FILE, content=content, mode="0600"),
        *(
            FileItem(path=path, content=render(f"{unit}.j2", **words), mode="0644")
            for path, unit in zip(UNIT_FILES, (SERVICE, TIMER))
        ),
    ]


def exporter_settings(settings: MetricsSettings, collection: str) -> dict[str, t.Any]:
    """As the exporter reads them (module_utils/metrics/read.py). Who may see leases may see all of this: no secret is in it."""
    return {
        "file": settings.textfile,
        "collection": collection,
        "certificates": sorted(set(settings.certificates)),
        "key_pairs": sorted(settings.key_pairs, key=lambda pair: pair["key"]),
        "network": without_psk(settings.network) if settings.network else None,
        "address": settings.address,
        "flannel": settings.overlay,
        "member": settings.etcd_member,
        "endpoints": settings.etcd_endpoints if settings.reads_etcd else [],
        "prefix": settings.etcd_prefix,
        "flannel_version": settings.flannel_version.lstrip("v"),
        "ca_cert": settings.etcd_ca_cert,
        "client_cert": settings.etcd_client_cert,
        "client_key": settings.etcd_client_key,
        "timeout": settings.etcd_timeout,
    }


def textfile_before(facts: HostFacts) -> str:
    """Where the exporter writes until now, by its settings on the host; empty where it is not known."""
    content = (part(facts, "files").get(SETTINGS_FILE) or {}).get("content") or ""
    try:
        found = str(json.loads(content)["file"])
    except (ValueError, KeyError, TypeError):
        return ""
    return found if found.startswith("/") and found.endswith(f"/{TEXTFILE}") else ""
