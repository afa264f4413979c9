# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The exporter on hosts: installed, compared with verify, with something broken, without etcd, broken itself, moved, removed.

The tests go on from each other.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, Iterator

import pytest
from conftest import WANTED
from fleet import Fleet, wait_for
from promtool import SAMPLE, firing, promtool

from playbooks import Playbooks

FOLDER = "/var/lib/prometheus/node-exporter"
FILE = f"{FOLDER}/overlay.prom"
SERVICE, TIMER = "overlay-metrics.service", "overlay-metrics.timer"
OWNED = f"/usr/local/sbin/overlay-metrics /etc/overlay-metrics.json /etc/systemd/system/{SERVICE} /etc/systemd/system/{TIMER}"
INSTALL = "apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends"


def written(fleet: Fleet, name: str) -> str:
    """Give what one run of the exporter writes now."""
    fleet[name].check_output(f"systemctl start {SERVICE}")
    return str(fleet[name].check_output(f"cat {FILE}"))


def values(text: str) -> dict[str, float]:
    """Give each sample by its name and labels."""
    return {f"{name}{{{labels}}}" if labels else name: float(value) for name, labels, value in SAMPLE.findall(text)}


def codes(text: str) -> set[str]:
    """Give the findings about the host."""
    return set(re.findall(r'^overlay_finding{code="(\w+)",severity="\w+",about="host"}', text, re.MULTILINE))


def verified(playbooks: Playbooks, folder: Path) -> dict[str, Any]:
    """Give the verdict of each host."""
    playbooks.verify(**WANTED, overlay_report=str(folder / "report.json"))
    hosts: dict[str, Any] = json.loads((folder / "report.json").read_text())["hosts"]
    return hosts


@pytest.fixture
def unrepaired(fleet: Fleet) -> Iterator[str]:
    """A host on which nothing mends what a test breaks."""
    name = fleet.names[1]
    fleet[name].check_output("systemctl stop overlay-flannel-repair.timer")
    yield name
    fleet[name].check_output("systemctl restart flanneld && systemctl start overlay-flannel-repair.timer")
    wait_for(lambda: codes(written(fleet, name)), lambda found: not found, 30, f"{name} is healthy")


def test_a_dry_run_says_what_it_would_do(fleet: Fleet, playbooks: Playbooks) -> None:
    run = playbooks.site("--check", variables=WANTED)
    assert run.rc == 0 and all(run.changed.values())
    assert fleet[fleet.first].run(f"ls {OWNED} {FILE}").stdout == ""


def test_each_host_gets_metrics_and_a_second_run_changes_nothing(fleet: Fleet, playbooks: Playbooks) -> None:
    assert playbooks.site(variables=WANTED).rc == 0
    for name in fleet:
        done = promtool("check", "metrics", stdin=fleet[name].run(f"cat {FILE}").stdout)
        assert (done.returncode, done.stdout + done.stderr) == (0, "")
        assert fleet[name].check_output(f"stat -c '%a %U' {FILE}") == "644 root"
    again = playbooks.site(variables=WANTED)
    assert again.rc == 0 and set(again.changed.values()) == {0}


def test_values_are_those_of_verify(fleet: Fleet, playbooks: Playbooks, tmp_path: Path) -> None:
    hosts = verified(playbooks, tmp_path)
    for name in fleet:
        text, verdict = written(fleet, name), hosts[name]
        found = values(text)
        lease = verdict["lease"]
        labels = f'subnet="{lease["subnet"]}",public_ip="{lease["public_ip"]}"'
        assert 0 < found[f"overlay_lease_ttl_seconds{{{labels}}}"] <= 86400
        assert codes(text) == {one["code"] for one in verdict["findings"]} == set()
        assert found["overlay_leases"] == len(fleet.names) and found["overlay_peers"] == len(fleet.names) - 1
        ends = {
            re.search('path="(.*?)"', sample).group(1): end
            for sample, end in found.items()
            if sample.startswith("overlay_certificate_")
        }
        assert set(ends) == {path for path, chain in verdict["certificates"].items() if chain}
        assert (
            ends["/etc/flannel/pki/client.crt"]
            == verdict["certificates"]["/etc/flannel/pki/client.crt"][0]["not_after"]
        )
        version = f'flannel="{verdict["flannel"]["version"].lstrip("v")}",docker="{verdict["docker"]["version"]}"'
        assert version in text
        assert firing(text, tmp_path) == set()
    member = values(written(fleet, fleet.first))
    status = json.loads(fleet.etcdctl("endpoint status --write-out=json"))[0]["Status"]
    assert member["overlay_etcd_database_bytes"] == status["dbSize"]
    assert (
        member["overlay_etcd_member_up"]
        == member["overlay_etcd_member_has_leader"]
        == member["overlay_etcd_members"]
        == 1
    )
    assert not any(sample.startswith("overlay_etcd_member") for sample in values(written(fleet, fleet.names[1])))


def test_the_sandbox_hides_nothing(fleet: Fleet) -> None:
    """Outside of it the same program sees the same."""
    moving = ("overlay_last_success", "overlay_run_", "overlay_lease_ttl")
    for name in fleet:
        inside = values(written(fleet, name))
        fleet[name].check_output("/usr/local/sbin/overlay-metrics /etc/overlay-metrics.json")
        outside = values(fleet[name].check_output(f"cat {FILE}"))
        assert {key: value for key, value in inside.items() if not key.startswith(moving)} == {
            key: value for key, value in outside.items() if not key.startswith(moving)
        }


def test_node_exporter_reads_them(fleet: Fleet) -> None:
    """Debian's, as its package sets it up."""
    name = fleet.first
    fleet[name].check_output(f"({INSTALL} prometheus-node-exporter curl) 2>&1")
    page = wait_for(
        lambda: fleet[name].run("curl -fsS http://127.0.0.1:9100/metrics").stdout, bool, 30, "node_exporter answers"
    )
    assert "node_textfile_scrape_error 0" in page and 'overlay_findings{about="host",severity="error"} 0' in page
    assert f'node_textfile_mtime_seconds{{file="{FILE}"}}' in page


BREAKS = {
    "route": (
        "ip route del $(ip -4 route show root 10.20.0.0/16 dev flannel.1 | grep via | head -n 1)",
        "peer_route_missing",
        'lacks="route"',
    ),
    "forwarding entry": (
        "bridge fdb del $(bridge fdb show dev flannel.1 | grep dst | head -n 1 | sed 's/ self.*//; s/ dst/ dev flannel.1 dst/')",
        "peer_fdb_missing",
        'lacks="forwarding_entry"',
    ),
    "neighbour": (
        "ip neigh del $(ip -4 neigh show dev flannel.1 nud permanent | head -n 1 | cut -d' ' -f1) dev flannel.1",
        "peer_neighbour_missing",
        'lacks="neighbour"',
    ),
}


@pytest.mark.parametrize("part", list(BREAKS))
def test_a_lost_way_is_a_number_and_an_alert(
    fleet: Fleet, playbooks: Playbooks, unrepaired: str, tmp_path: Path, part: str
) -> None:
    command, code, labels = BREAKS[part]
    fleet[unrepaired].check_output(command)
    text = written(fleet, unrepaired)
    found = values(text)
    assert {sample: value for sample, value in found.items() if sample.startswith("overlay_peers_inc") and value} == {
        f"overlay_peers_incomplete{{{labels}}}": 1
    }
    lost = {one["code"] for one in verified(playbooks, tmp_path)[unrepaired]["findings"]} - {"ping_lost"}
    assert codes(text) == lost == {code}
    assert firing(text, tmp_path) == {"OverlayPeersIncomplete", "OverlayHostUnhealthy"}


def test_docker_with_another_subnet(fleet: Fleet, tmp_path: Path, unrepaired: str) -> None:
    fleet[unrepaired].check_output("ip address add 10.99.1.1/24 dev docker0")
    fleet[unrepaired].check_output(f"ip address del {fleet.lease(unrepaired)} dev docker0")
    text = written(fleet, unrepaired)
    found = values(text)
    assert [sample for sample, value in found.items() if sample.startswith("overlay_subnet_mismatch") and value] == [
        'overlay_subnet_mismatch{place="docker0"}'
    ]
    assert found["overlay_docker_option_differences"] == 1
    wanted = {"OverlaySubnetMismatch", "OverlayDockerOptionsDiffer", "OverlayHostUnhealthy"}
    fleet[unrepaired].check_output("systemctl restart docker")
    assert firing(text, tmp_path) == wanted


def test_without_etcd_a_host_has_its_own_metrics(fleet: Fleet, tmp_path: Path) -> None:
    before = {name: values(written(fleet, name)) for name in fleet}
    fleet[fleet.first].check_output("systemctl stop etcd")
    try:
        texts = {name: written(fleet, name) for name in fleet}
    finally:
        fleet[fleet.first].check_output("systemctl start etcd")
    for name, text in texts.items():
        found = values(text)
        assert found["overlay_etcd_up"] == 0 and codes(text) == set()
        gone = {sample.partition("{")[0] for sample in before[name]} - {sample.partition("{")[0] for sample in found}
        assert {sample for sample in gone if not sample.startswith("overlay_etcd_")} == {
            "overlay_leases",
            "overlay_lease_ttl_seconds",
            "overlay_peers",
            "overlay_peers_incomplete",
        }
        said = fleet[name].check_output(f"journalctl -u {SERVICE} -o cat -n 3")
        assert "the metrics are without etcd: etcd does not answer" in said
    member = {"OverlayEtcdMemberDown", "OverlayUnitInactive", "OverlayHostUnhealthy"}
    assert firing(texts[fleet.first], tmp_path) == {"OverlayEtcdUnreachable", *member}
    assert firing(texts[fleet.names[1]], tmp_path) == {"OverlayEtcdUnreachable"}
    for name in fleet:
        wait_for(
            lambda name=name: values(written(fleet, name))["overlay_etcd_up"], lambda up: up == 1, 30, "etcd is read"
        )


def test_an_exporter_that_fails_is_reported_and_started_again(fleet: Fleet, playbooks: Playbooks) -> None:
    name = fleet.names[1]
    fleet[name].check_output(f"rm -r {FOLDER}; systemctl start {SERVICE} || :")
    run = playbooks.verify(**WANTED)
    said = " ".join(run.output.split())
    assert run.rc == 0 and f"{SERVICE} failed" in said and "[metrics_failed]" in said
    run = playbooks.site(variables=WANTED)
    assert run.rc == 0 and run.changed[name] > 0 and run.changed[fleet.first] == 0
    assert "[metrics_failed]" not in run.output and fleet[name].file(FILE).exists


def test_a_timer_that_was_stopped_is_reported(fleet: Fleet, playbooks: Playbooks) -> None:
    name = fleet.first
    fleet[name].check_output(f"systemctl disable --now {TIMER}")
    assert f"{TIMER} is inactive" in " ".join(playbooks.verify(**WANTED).output.split())
    assert playbooks.site(variables=WANTED).rc == 0
    assert fleet[name].check_output(f"systemctl is-active {TIMER}; systemctl is-enabled {TIMER}") == "active\nenabled"


def test_the_timer_writes_by_itself(fleet: Fleet, playbooks: Playbooks) -> None:
    assert playbooks.site(variables={**WANTED, "overlay_metrics_interval": 15}).rc == 0
    for name in fleet:
        stamp = fleet[name].check_output(f"stat -c %Y {FILE}")
        wait_for(
            lambda name=name: fleet[name].check_output(f"stat -c %Y {FILE}"),
            lambda now, was=stamp: now != was,
            60,
            name,
        )
        used = fleet[name].check_output(f"systemctl show -p CPUUsageNSec --value {SERVICE}")
        print(f"{name}: one run took {int(used) / 1e9:.2f} s of a processor")


def test_moved_metrics_leave_no_old_ones(fleet: Fleet, playbooks: Playbooks) -> None:
    """Its timer runs all the time: a run of the old settings would write the old file anew."""
    often = {**WANTED, "overlay_metrics_interval": 15}
    assert playbooks.site(variables={**often, "overlay_metrics_dir": "/srv/metrics"}).rc == 0
    for name in fleet:
        assert fleet[name].check_output(f"ls /srv/metrics; ls {FOLDER} | grep overlay || :") == "overlay.prom"


def test_switched_off_nothing_is_left(fleet: Fleet, playbooks: Playbooks) -> None:
    run = playbooks.site()
    assert run.rc == 0 and all(run.changed.values())
    for name in fleet:
        left = fleet[name].run(
            f"ls -d {OWNED} /srv/metrics/*; systemctl list-units --all --plain --no-legend 'overlay-metrics*'"
        )
        assert left.stdout == ""
    again = playbooks.site()
    assert again.rc == 0 and set(again.changed.values()) == {0}
