# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""report.yml: its files, its exit code, and the differences since an earlier report."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fleet import Fleet

from playbooks import Playbooks, Run


class Reports:
    """Runs of report.yml, each with files of its own."""

    def __init__(self, playbooks: Playbooks, folder: Path) -> None:
        self.playbooks, self.folder = playbooks, folder

    def run(self, name: str, **variables: Any) -> Run:
        page = self.folder / f"{name}.html"
        return self.playbooks.run("playbooks/report.yml", variables={"overlay_report_page": str(page), **variables})

    def data(self, name: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((self.folder / f"{name}.json").read_text())
        return found


@pytest.fixture(scope="module")
def reports(playbooks: Playbooks, tmp_path_factory: pytest.TempPathFactory) -> Reports:
    return Reports(playbooks, tmp_path_factory.mktemp("reports"))


@pytest.fixture(scope="module")
def healthy(reports: Reports) -> str:
    """The JSON of a report of the healthy fleet."""
    run = reports.run("healthy")
    assert run.rc == 0, run.output
    return str(reports.folder / "healthy.json")


def test_a_healthy_fleet(fleet: Fleet, reports: Reports, healthy: str) -> None:
    data = reports.data("healthy")
    assert data["healthy"] and data["drift"] is None and data["findings"] == []
    assert {host["name"]: host["five"][3]["value"] for host in data["hosts"]} == {
        name: fleet.subnet(name) for name in fleet
    }
    assert all(place["agrees"] for host in data["hosts"] for place in host["five"])
    assert {member["name"] for member in data["etcd"]["members"]} == set(fleet.members)
    page = reports.folder / "healthy.html"
    assert f"All {len(fleet.names)} hosts healthy" in page.read_text()
    assert {file.stat().st_mode & 0o777 for file in (page, Path(healthy))} == {0o600}
    assert not any(word in page.read_text() for word in ("PRIVATE KEY", "password"))


@pytest.fixture
def sick(fleet: Fleet) -> Iterator[str]:
    """A host whose device has another MTU, which nothing heals by itself."""
    name = fleet.names[-1]
    device = "flannel.1"
    mtu = int(fleet[name].check_output(f"cat /sys/class/net/{device}/mtu"))
    fleet[name].check_output(f"ip link set {device} mtu {mtu - 50}")
    yield name
    fleet[name].check_output(f"ip link set {device} mtu {mtu}")


def test_what_differs_is_told(reports: Reports, healthy: str, sick: str) -> None:
    run = reports.run("sick", overlay_report_baseline=healthy)
    assert run.rc != 0
    data = reports.data("sick")
    differences = {(one["subject"], one["what"]): one["after"] for one in data["drift"]["differences"]}
    assert not data["healthy"] and differences[sick, "state"] == "NOT HEALTHY"
    assert (sick, "finding device_mtu") in differences
    assert f"{sick}: finding device_mtu: (none) -> " in " ".join(run.output.split())
    assert "device_mtu" in (reports.folder / "sick.html").read_text()


def test_what_is_no_report_is_refused_first(reports: Reports) -> None:
    run = reports.run("refused", overlay_report_baseline="/etc/hostname")
    assert run.rc != 0 and "overlay_report_baseline = /etc/hostname: it is not JSON." in " ".join(run.output.split())
    assert not (reports.folder / "refused.html").exists()
    assert not any("host_info" in modules for modules in run.modules.values())
