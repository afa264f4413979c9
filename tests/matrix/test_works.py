# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Pairs that work: on bare hosts of three suites, with four releases of docker, and again after a reboot."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Callable

import pytest
from cells import BUILT, DOCKERS, WORKS, Works
from fleet import Fleet
from labs import NFTABLES, Lab, configure_docker, variables_of
from report import Result

from playbooks import Playbooks

IMAGE = "busybox"


@pytest.mark.parametrize("cell", WORKS, ids=str)
def test_works(cell: Works, lab: Lab, step: Callable[[str], Any], result: Result, tmp_path: Path) -> None:
    variables = variables_of(cell)
    with step("bare hosts"):
        result.fleet, playbooks = lab.up(cell.suites)
        fleet = result.fleet
        newest = fleet.names[cell.dockers.index(BUILT)]
        lab("docker29", newest)
    if cell.nftables:
        with step("docker's nftables backend"):
            fleet[newest].check_output("apt-get -qq update && apt-get -qq install -y nftables >/dev/null")
            configure_docker(fleet[newest], NFTABLES)
    if cell.api == "v2":
        with step("python-etcd on the first host"):
            fleet[fleet.first].check_output("apt-get -qq update && apt-get -qq install -y python3-etcd >/dev/null")
    with step("site.yml"):  # the verdict comes with the second run
        assert playbooks.site("--skip-tags", "verify", variables=variables).rc == 0
        lab("image")
    with step("site.yml again: nothing changes, containers ping each other"):
        changes_nothing(fleet, playbooks, variables)
    with step("reboot of the first and the last host"):
        fleet.reboot(fleet.names[0], fleet.names[-1])
        fleet.wait_for_overlay(*fleet)
    with step("containers ping each other after it"):
        report = tmp_path / "report.json"
        playbooks.verify_until_healthy(overlay_verify_image=IMAGE, overlay_report=str(report), **variables)
    with step("versions"):
        seen = json.loads(report.read_text())
        result.seen = versions(fleet, seen)
        assert_versions(cell, fleet, seen)


def changes_nothing(fleet: Fleet, playbooks: Playbooks, variables: dict[str, Any]) -> None:
    before = {name: fleet.started(name) for name in fleet}
    run = playbooks.site(variables={"overlay_verify_image": IMAGE, **variables})
    assert run.rc == 0
    assert run.changed == dict.fromkeys(fleet, 0)
    assert {name: fleet.started(name) for name in fleet} == before
    assert f"{len(DOCKERS)} hosts, {len(DOCKERS)} healthy, 0 not healthy" in run.output


def docker_versions(verdict: dict[str, Any]) -> dict[str, str]:
    return {name: host["docker"]["version"] for name, host in verdict["hosts"].items()}


def etcd_version(fleet: Fleet) -> str:
    """As the running etcd says it."""
    files = "cafile='/etc/etcd/pki/ca.crt'" if fleet.secured else ""
    chain = "c.load_cert_chain('/etc/etcd/pki/reader.crt', '/etc/etcd/pki/reader.key')" if fleet.secured else "pass"
    url = f"{fleet.endpoint(fleet.first)}/version"
    ask = f"import ssl, urllib.request as r; c = ssl.create_default_context({files}); {chain}; print(r.urlopen('{url}', context=c).read().decode())"
    return str(json.loads(fleet[fleet.first].check_output(f'python3 -c "{ask}"'))["etcdserver"])


def versions(fleet: Fleet, verdict: dict[str, Any]) -> dict[str, str]:
    """What really runs, for the table."""
    flannels = {str(host["flannel"]["version"]) for host in verdict["hosts"].values()}
    dockers = sorted(version.partition("+")[0] for version in docker_versions(verdict).values())
    return {"flannel": ", ".join(sorted(flannels)), "etcd": etcd_version(fleet), "docker": ", ".join(dockers)}


def assert_versions(cell: Works, fleet: Fleet, verdict: dict[str, Any]) -> None:
    """A suite that has moved on to another release changes the cells, and docs/versions.md with them."""
    for name, host in verdict["hosts"].items():
        assert host["flannel"]["version"].lstrip("v") == cell.flannel, name
    assert etcd_version(fleet).startswith(f"{cell.etcd}.")
    found = docker_versions(verdict)
    wanted = dict(zip(fleet.names, cell.dockers))
    assert {name: version.startswith(f"{wanted[name]}.") for name, version in found.items()} == dict.fromkeys(
        fleet, True
    ), found
    firewalls = {name: host["docker"]["firewall_backend"] for name, host in verdict["hosts"].items()}
    newest = fleet.names[cell.dockers.index(BUILT)]
    assert (firewalls[newest] == "nftables") == cell.nftables, firewalls
    assert verdict["leases"]["api"] == cell.api
    assert len(verdict["leases"]["leases"]) == len(DOCKERS)
