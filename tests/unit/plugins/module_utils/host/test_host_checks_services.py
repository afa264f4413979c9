# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import copy

import pytest

from ansible_collections.overlay.flannel.plugins.module_utils.common.findings import healthy
from ansible_collections.overlay.flannel.plugins.module_utils.host.checks.context import HostContext, version_of
from ansible_collections.overlay.flannel.plugins.module_utils.host.checks.docker import check_docker
from ansible_collections.overlay.flannel.plugins.module_utils.host.checks.run import check, check_host

UNIT, DOCKER_UNIT = "flanneld.service", "docker.service"
STALE = {"reason": "environment", "name": "FLANNELD_IFACE", "file": "/x", "text": "flanneld is old"}
OLD_BRIDGE = [{"address": "10.43.1.1", "prefixlen": 24, "family": 4}]


def changed(facts, path, value):
    """A copy of the look in which the value at `path` is another one; None of a dictionary's key takes it away."""
    other = copy.deepcopy(facts)
    *steps, last = path
    place = other
    for step in steps:
        place = place[step]
    if value is None and isinstance(place, dict) and last in ("flanneld", "flannel.1", UNIT):
        del place[last]
    else:
        place[last] = value
    return other


def codes(findings):
    return [finding.code for finding in findings]


def test_a_healthy_host(context):
    assert codes(check_host(context) + check_docker(context)) == []


def test_a_bare_host_is_not_judged(facts):
    facts["flannel"]["subnet_env"] = None
    facts["processes"] = {}
    assert codes(check_host(HostContext(facts)) + check_docker(HostContext(facts))) == []


OURS = "/etc/systemd/system/etcd.service.d/60-overlay-flannel-guard.conf"


@pytest.mark.parametrize(
    ("state", "drop_ins", "found"),
    [
        ("active", [OURS], []),
        ("reloading", [OURS], []),
        ("activating", [OURS], ["etcd_not_active"]),
        ("failed", [OURS], ["etcd_not_active"]),
        ("inactive", ["/etc/systemd/system/etcd.service.d/of-a-person.conf"], []),
        ("inactive", [], []),
    ],
)
def test_a_member_that_does_not_run(facts, state, drop_ins, found):
    """Also on a host that is nothing else."""
    facts["flannel"]["subnet_env"] = None
    facts["processes"] = {}
    facts["units"]["etcd.service"] = {**facts["units"][UNIT], "active_state": state, "drop_in_paths": drop_ins}
    assert codes(check(HostContext(facts))) == found


def flanneld(pid, unit, on_host_network=True):
    return {"name": "flanneld", "pid": pid, "unit": unit, "on_host_network": on_host_network}


def test_two_flanneld_take_each_others_rules_away(facts):
    own, other = facts["units"][UNIT]["main_pid"], 99999
    facts["daemons"] = [flanneld(own, UNIT), flanneld(other, "kube-flannel.service")]
    (finding,) = check_host(HostContext(facts))
    assert finding.code == "flanneld_twice"
    assert f"2 flanneld run: process {own} of {UNIT}, process {other} of kube-flannel.service" in finding.seen
    assert f"stop what is not of {UNIT}: process {other} of kube-flannel.service; then" in finding.fix


def test_a_flanneld_of_a_container_with_a_network_of_its_own_is_none(facts):
    facts["daemons"] = [flanneld(1, UNIT), flanneld(99999, "docker-x.scope", on_host_network=False)]
    assert check_host(HostContext(facts)) == []


def test_without_leases_the_host_is_compared_with_itself(facts):
    assert codes(check_host(HostContext(facts))) == []
    assert codes(check_host(HostContext(changed(facts, ["interfaces", "flannel.1", "mtu"], 1400)))) == ["device_mtu"]


@pytest.mark.parametrize(
    ("path", "value", "code"),
    [
        (["processes", "flanneld"], None, "flanneld_not_active"),
        (["units", UNIT, "active_state"], "activating", "flanneld_not_active"),
        (["platform", "user"], 1000, "not_root"),
        (["flannel", "subnet_env", "subnet"], "10.43.70.1/24", "lease_subnet_mismatch"),
        (["flannel", "subnet_env"], None, "subnet_env_missing"),
        (["interfaces", "flannel.1"], None, "device_missing"),
        (["interfaces", "flannel.1", "up"], False, "device_down"),
        (["interfaces", "flannel.1", "kind"], "dummy", "device_kind"),
        (["interfaces", "flannel.1", "vni"], 2, "device_vni"),
        (["interfaces", "flannel.1", "mtu"], 1400, "device_mtu"),
        (["interfaces", "flannel.1", "mac"], "02:00:00:00:00:01", "device_mac"),
        (["sysctls", "net.ipv4.ip_forward"], "0", "ip_forward_off"),
        (["units", UNIT, "drift"], [STALE, STALE], "unit_stale"),
        (["units", UNIT, "missing_files"], ["/etc/flannel/flanneld.env"], "environment_file_missing"),
        (["units", DOCKER_UNIT, "missing_files"], ["/run/flannel/docker", "/run/own.env"], "environment_file_missing"),
    ],
)
def test_one_fault(context, path, value, code):
    findings = check_host(HostContext(changed(context.facts, path, value), context.leases))
    assert codes(findings) == [code]
    assert findings[0].seen
    assert findings[0].fix


def test_a_host_that_was_read_without_root_is_not_healthy(context):
    facts = changed(context.facts, ["platform", "user"], 1000)
    assert not healthy(check_host(HostContext(facts, context.leases)))


def test_dockers_drop_in_holds_without_a_restart_but_no_other_file_does(context):
    files = [f"/etc/systemd/system/docker.service.d/{name}.conf" for name in ("50-overlay-flannel", "override")]
    ours, another = ({**STALE, "reason": "unit_file", "name": file, "text": file} for file in files)
    unit = context.facts["units"][UNIT]
    for drift, told in ([ours], []), ([ours, another], [files[1]]):
        facts = changed(context.facts, ["units", DOCKER_UNIT], {**unit, "drift": drift})
        assert [one.seen for one in check_host(HostContext(facts, context.leases))] == told


def test_no_lease_for_this_host(context):
    assert codes(check_host(HostContext(context.facts, context.leases, address="192.0.2.9"))) == ["lease_not_found"]
    assert codes(check_host(HostContext(context.facts, []))) == ["lease_not_found"]


@pytest.mark.parametrize(
    ("path", "value", "code"),
    [
        (["flannel", "docker_options"], None, "docker_env_missing"),
        (["interfaces", "docker0", "addresses"], OLD_BRIDGE, "docker_bridge_mismatch"),
        (["interfaces", "docker0", "addresses"], [], "docker_bridge_mismatch"),
        (["docker", "options", "bip"], "10.43.1.1/24", "docker_options_mismatch"),
        (["docker", "options"], {"bip": "10.43.69.1/24", "mtu": "1450"}, "docker_options_mismatch"),
        (["docker", "error"], "timed out", "docker_no_answer"),
        (["docker", "daemon_json", "error"], "line 1", "daemon_json_invalid"),
        (["docker", "running"], False, "docker_not_running"),
        (["firewall", "docker_chain"], False, "docker_chains_missing"),
    ],
)
def test_one_fault_of_docker(context, path, value, code):
    assert codes(check_docker(HostContext(changed(context.facts, path, value), context.leases))) == [code]


def test_the_mtu_is_a_link_of_its_own_chain(context):
    facts = changed(context.facts, ["docker", "options", "mtu"], "1400")
    assert codes(check_docker(HostContext(facts, context.leases))) == []
    assert codes(check_host(HostContext(facts, context.leases))) == ["docker_mtu"]


def test_an_old_file(context):
    facts = changed(context.facts, ["flannel", "subnet_env", "subnet"], "10.43.70.1/24")
    (finding,) = check_docker(HostContext(facts))
    assert finding.code == "docker_env_mismatch"
    assert "10.43.69.1/24" in finding.seen
    assert "10.43.70.1/24" in finding.seen


def test_live_restore_keeps_the_bridge(context):
    facts = changed(context.facts, ["interfaces", "docker0", "addresses"], OLD_BRIDGE)
    facts["docker"].update(live_restore=True, containers_running=3)
    (finding,) = check_docker(HostContext(facts))
    assert finding.code == "docker_old_bridge"
    assert "stop the containers" in finding.fix


def test_a_host_without_docker(context):
    facts = changed(context.facts, ["docker", "running"], False)
    facts["units"][DOCKER_UNIT]["load_state"] = "not-found"
    assert codes(check_docker(HostContext(facts))) == []


@pytest.mark.parametrize(
    ("text", "version"), [("28.5.2+dfsg4", (28, 5, 2)), ("v0.28.10", (0, 28, 10)), ("dev", ()), (None, ())]
)
def test_versions(text, version):
    assert version_of(text) == version


def test_the_file_of_flannel_is_checked_by_itself(context):
    facts = changed(context.facts, ["units", DOCKER_UNIT, "missing_files"], ["/run/flannel/docker"])
    assert codes(check_host(HostContext(facts, context.leases))) == []
