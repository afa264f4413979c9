# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.overlay.flannel.plugins.module_utils.common import finding_codes
from ansible_collections.overlay.flannel.plugins.plugin_utils import verify_report as overview
from ansible_collections.overlay.flannel.plugins.plugin_utils.container_pings import with_container_pings

VERDICT = {
    "healthy": True,
    "findings": [],
    "lease": {"subnet": "10.20.7.0/24"},
    "docker": {"docker0": "10.20.7.1/24", "version": "26.1.5"},
    "flannel": {"version": "v0.28.10", "subnet_env": {"mtu": 1450}},
    "pings": [{"address": "10.20.8.1", "ok": True, "ms": 0.4}],
}


def test_row_of_a_healthy_host():
    assert overview.host_row("a", VERDICT, "ok") == {
        "host": "a",
        "lease": "10.20.7.0/24",
        "docker0": "10.20.7.1/24",
        "mtu": "1450",
        "docker": "26.1.5",
        "flannel": "v0.28.10",
        "pings": "1/1",
        "state": "ok",
    }


def test_row_of_a_bare_host():
    verdict = {"healthy": False, "lease": None, "flannel": {"subnet_env": None}, "docker": {}}
    assert set(overview.host_row("a", verdict, "NOT HEALTHY").values()) == {"a", "-", "NOT HEALTHY"}


def test_summary_counts_hosts_without_an_answer():
    rows = [overview.host_row("a", VERDICT, "ok"), overview.missing_row("b")]
    assert overview.summary(rows) == "2 hosts, 1 healthy, 1 not healthy"


PEERS = {"b": "10.20.8.2", "c": "10.20.9.2"}


def test_container_pings_are_added():
    verdict = with_container_pings(VERDICT, PEERS, {"rc": 0, "stdout_lines": []})
    assert verdict["healthy"] and not verdict["findings"] and overview.ping_count(verdict["pings"]) == "3/3"


def test_lost_container_ping_is_a_finding():
    verdict = with_container_pings(VERDICT, PEERS, {"rc": 0, "stdout_lines": ["10.20.8.2"]})
    assert not verdict["healthy"] and overview.ping_count(verdict["pings"]) == "2/3"
    [line] = overview.all_findings({"a": verdict})
    assert line.startswith("a: ") and "containers 10.20.8.2 (b); " in line and "[container_unreachable]" in line
    assert VERDICT["findings"] == []


def test_a_container_that_cannot_ping_says_nothing_of_its_peers():
    done = {"rc": 126, "stdout_lines": [], "stderr": 'exec: "sh": executable file\nnot found\n'}
    verdict = with_container_pings(VERDICT, PEERS, done)
    assert not verdict["healthy"] and overview.ping_count(verdict["pings"]) == "1/3"
    [line] = overview.all_findings({"a": verdict})
    assert 'cannot ping: exec: "sh": executable file not found; expected' in line and "10.20.8.2" not in line


SICK = {
    **VERDICT,
    "healthy": False,
    "findings": [{"code": "ip_forward_off", "severity": "error", "host": "", "seen": "s", "expected": "e", "fix": "f"}],
}


def test_a_host_that_is_not_healthy_fails_with_its_findings():
    report = overview.verify_report({"a": VERDICT, "b": SICK}, ["c"], {"healthy": True, "findings": [], "leases": []})
    assert report["failures"] == {"b": "b: s; expected e. Fix: f [ip_forward_off]"}
    assert "3 hosts, 1 healthy, 2 not healthy" in report["lines"]


def test_a_host_of_which_nothing_is_known_fails():
    report = overview.verify_report({"a": {"skipped": True}}, [], {"healthy": True, "findings": [], "leases": []})
    assert report["failures"] == {"a": "a: nothing was read from this host. Fix: run playbooks/verify.yml"}


def test_leases_that_are_not_healthy_fail_the_first_host():
    leases = {
        "healthy": False,
        "leases": [],
        "findings": [{**SICK["findings"][0], "host": "z", "code": "lease_missing"}],
    }
    report = overview.verify_report({"a": VERDICT, "b": SICK}, [], leases)
    assert report["failures"]["a"] == "z: s; expected e. Fix: f [lease_missing]"
    assert report["failures"]["b"].startswith("b: ")


def test_leases_that_could_not_be_read_fail_the_first_host():
    assert overview.verify_report({"a": VERDICT}, [], {"msg": "etcd does not answer"})["failures"] == {
        "a": "etcd does not answer"
    }
    assert overview.verify_report({"a": VERDICT}, [], {})["failures"] == {"a": "the leases were not read"}


def test_foreign_text_begins_no_line():
    key = {**SICK["findings"][0], "seen": "key a\nb  ok\x1b[2J"}
    lines = [r"b: key a\x0ab  ok\x1b[2J; expected e. Fix: f [ip_forward_off]"]
    strange = {**SICK, "findings": [key], "docker": {"version": "1\n2\x1b"}}
    report = overview.verify_report({"b": strange}, [], {"healthy": False, "msg": "no\nanswer\x1b[2J", "leases": []})
    assert report["lines"][3:] == lines
    assert r"1\x0a2\x1b" in report["lines"][1]
    assert report["failures"] == {"b": "no answer\\x1b[2J\nb: " + lines[0][3:]}


LEASES = {"healthy": True, "findings": [], "leases": []}


def finding(code, severity="warning"):
    return {"code": code, "severity": severity, "host": "", "seen": "s", "expected": "e", "fix": "f"}


@pytest.mark.parametrize(
    ("findings", "healthy", "leases", "state", "fails"),
    [
        ([], True, LEASES, "ok", False),
        ([finding("container_mtu")], True, LEASES, "ok", False),
        ([], True, {"msg": "etcd does not answer"}, "UNKNOWN", True),
        ([], True, {}, "UNKNOWN", True),
        ([finding("docker_no_answer")], True, LEASES, "UNKNOWN", True),
        ([finding("firewall_unread")], True, LEASES, "UNKNOWN", True),
        ([finding("not_root")], True, LEASES, "UNKNOWN", True),
        ([finding("ping_impossible")], True, LEASES, "UNKNOWN", True),
        ([finding("docker_no_answer"), finding("ping_lost", "error")], False, LEASES, "NOT HEALTHY", True),
        ([finding("ping_lost", "error")], False, {}, "NOT HEALTHY", True),
    ],
)
def test_what_could_not_be_read_is_unknown_and_fails(findings, healthy, leases, state, fails):
    report = overview.verify_report({"a": {**VERDICT, "healthy": healthy, "findings": findings}}, [], leases)
    assert report["states"] == {"a": state}
    assert report["lines"][1].endswith(state)
    assert bool(report["failures"]) is fails


def test_unknown_hosts_are_counted_apart():
    report = overview.verify_report({"a": VERDICT, "b": SICK}, ["c"], {})
    assert "3 hosts, 0 healthy, 2 not healthy, 1 unknown" in report["lines"]
    assert report["states"] == {"a": "UNKNOWN", "b": "NOT HEALTHY", "c": "NO VERDICT"}


def test_every_code_of_what_could_not_be_read_is_known():
    assert set(overview.UNREAD) <= set(finding_codes.HOST)


@pytest.mark.parametrize(
    ("urls", "users", "line"),
    [
        (["https://192.0.2.11:2379"], [{"users_differ": False}], ["etcd: TLS and users"]),
        (["https://192.0.2.11:2379"], [{"users_differ": True}], ["etcd: TLS"]),
        (["https://192.0.2.11:2379"], [{"users_differ": True}, {"after": {"auth": True}}], ["etcd: TLS and users"]),
        (["https://192.0.2.11:2379"], [{"after": {"auth": False}}], ["etcd: TLS"]),
        (["https://192.0.2.11:2379"], [], ["etcd: TLS"]),
        (
            ["https://192.0.2.11:2379", "http://192.0.2.12:2379"],
            [],
            ["etcd: http, which anybody on its network can read and write"],
        ),
        ([], [{"users_differ": False}], []),
    ],
)
def test_how_etcd_is_protected(urls, users, line):
    verdicts = {f"host-{place}": {**VERDICT, "etcd": {"client_urls": [url]}} for place, url in enumerate(urls)}
    verdicts["without"] = {**VERDICT, "etcd": None}
    lines = overview.verify_report(verdicts, (), {"leases": [], "healthy": True}, users)["lines"]
    assert lines[lines.index(f"{len(verdicts)} hosts, {len(verdicts)} healthy, 0 not healthy") + 1 :] == line
