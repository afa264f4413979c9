# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is removed from a host: all that the roles have put there, nothing of anybody else, and nothing twice."""

from __future__ import annotations

import copy
import json
import re
from pathlib import Path

import docker_case
import etcd_member
import flannel_case
import pytest

from ansible_collections.overlay.flannel.plugins.plugin_utils import (
    components,
    etcd_backup,
    metrics_files,
    removal_paths,
    removal_plan,
)

ROOT = Path(__file__).resolve().parents[4]
SETTINGS = {"docker": docker_case.settings(), "flannel": flannel_case.settings(), "etcd": etcd_member.settings_of()}
DROP_IN = "/etc/systemd/system/docker.service.d/50-overlay-flannel.conf"
FLANNEL_UNIT = "/etc/systemd/system/flanneld.service"
ETCD_UNIT = "/etc/systemd/system/etcd.service"
STATE = re.compile(r"/(?:var/lib|run)/overlay-[a-z./-]*[a-z]")
BY_FILE = {"install_method": "file", "file_dir": "/programs", "version": "3.6.14"}


def removal(facts, *parts, data="keep", packages=False, controller=None, **settings):
    controller = controller or flannel_case.controller()
    facts = {**facts, "files": {**dict.fromkeys(removal_paths.queried(SETTINGS), {"exists": False}), **facts["files"]}}
    return removal_plan.plan({**SETTINGS, **settings}, facts, controller, parts, data, packages)


@pytest.fixture
def docker(facts):
    return docker_case.as_wanted(facts)


@pytest.fixture
def flannel(facts):
    return flannel_case.converged(facts)


def etcd_facts(facts, **variables):
    """The member's facts with what every host has."""
    plan = etcd_member.plan_of(**{**BY_FILE, **variables})
    found = etcd_member.converged(plan, etcd_member.facts_of())
    others = {name: value for name, value in facts.items() if name not in found}
    found["units"]["etcd.service"]["load_state"] = "loaded"
    return plan, {**others, **found}


def test_every_file_of_docker_goes(docker):
    bare = copy.deepcopy(docker)
    bare["files"] = dict.fromkeys(bare["files"], {"exists": False})
    written = [item["path"] for item in docker_case.plan(bare).files]
    found = removal(docker, "docker")
    assert {*found.files, found.drop_in} == set(written) and len(written) > 10


@pytest.mark.parametrize("variables", [{}, {"version": "0.7.1", "install_method": "file"}])
def test_every_file_of_flannel_goes(facts, variables):
    bare = flannel_case.bare(copy.deepcopy(facts))
    plan = flannel_case.plan(bare, **variables)
    written = [item["path"] for item in [*plan.programs, *plan.files]]
    ready = flannel_case.converged(facts, **variables)
    found = removal(ready, "flannel", flannel=flannel_case.settings(**variables))
    assert set(found.files) == set(written) and found.files[-1] == FLANNEL_UNIT
    assert {one.rpartition("/")[0] for one in written} <= {*found.directories, *removal_paths.SYSTEM}


@pytest.mark.parametrize("variables", [{}, {"pki_dir": "/pki"}])
def test_every_file_of_etcd_goes(facts, variables):
    plan, ready = etcd_facts(facts, **variables)
    issued = [item["path"] for item in [*plan.certificates, *plan.private_keys]]
    ready["files"].update({path: {"exists": True, "type": "file", "mark": ""} for path in issued})
    written = {item["path"] for item in [*plan.programs, *plan.files]} | set(issued) | {etcd_member.MARK}
    settings = etcd_member.settings_of(**{**BY_FILE, **variables})
    found = removal(ready, "etcd", controller=etcd_member.controller_of(), etcd=settings)
    assert set(found.files) == written and found.files[-1] == ETCD_UNIT
    assert found.member == "one" and found.data == ["/var/lib/etcd/overlay/member"]
    assert "/var/lib/etcd/overlay" not in found.directories


def test_no_component_is_forgotten():
    assert set(removal_paths.OWNERS) == set(components.BY_NAME) == set(removal_plan.ROLES)


def test_units_stop_before_what_they_would_start(docker, flannel):
    docker["units"]["docker.service"].update(load_state="loaded")
    assert removal(docker, "docker").units == [
        "overlay-docker-refresh.timer",
        "overlay-docker-refresh.path",
        "overlay-docker-refresh.service",
        "overlay-docker-firewalld.service",
        "overlay-docker-peers.service",
    ]
    flannel["units"]["flanneld.service"] = {"active_state": "active", "unit_file_state": "enabled"}
    units = ["overlay-flannel-repair.timer", "overlay-flannel-repair.service", "flanneld.service"]
    assert removal(flannel, "flannel").units == units


def test_the_exporter_goes_with_what_it_has_written(docker):
    written = "/srv/metrics/overlay.prom"
    there = {path: {"exists": True, "type": "file", "mark": "metrics"} for path in metrics_files.OWNED}
    there[metrics_files.SETTINGS_FILE]["content"] = json.dumps({"file": written})
    docker["files"].update(there)
    found = removal(docker, "metrics", metrics={})
    assert found.units == ["overlay-metrics.timer", "overlay-metrics.service"]
    assert set(found.files) == set(metrics_files.OWNED) and found.state == [written]
    assert removal(docker, "docker").units != found.units


def test_the_timer_of_backups_goes(facts):
    _plan, ready = etcd_facts(facts)
    ready["files"].update(
        {path: {"exists": True, "mark": "etcd"} for path in (etcd_backup.SCRIPT, *etcd_backup.UNIT_FILES)}
    )
    found = removal(ready, "etcd", controller=etcd_member.controller_of())
    assert found.units[:2] == ["overlay-etcd-backup.timer", "overlay-etcd-backup.service"]
    assert {etcd_backup.SCRIPT, *etcd_backup.UNIT_FILES} <= set(found.files)


def test_backups_stay(facts):
    _plan, ready = etcd_facts(facts)
    paths = ["/var/lib/overlay-etcd", "/var/lib/overlay-etcd/backup", "/var/lib/overlay-etcd/previous"]
    ready["files"].update({path: {"exists": True, "type": "directory"} for path in paths})
    found = removal(ready, "etcd", data="delete", controller=etcd_member.controller_of())
    assert (
        paths[2] in found.state
        and not set(paths[:2]) & set(found.state)
        and paths[0] in found.directories
        and paths[1] not in found.files
    )


def test_state_that_appears_after_the_plan_goes_too(flannel):
    found = removal(flannel, "flannel")
    path = "/run/overlay-flannel-repair.state"
    assert path in found.state and not any(path in text for text in found.remaining)


def test_every_state_is_known():
    """A file that a script makes beside those that the plans write."""
    places = [*ROOT.glob("roles/*/files/*"), *ROOT.glob("roles/*/templates/*"), *ROOT.glob("roles/*/tasks/*.yml")]
    places = [path for path in places if "_remove" not in path.parts]
    made = {found for path in places for found in STATE.findall(path.read_text())}
    known = [path for paths in removal_paths.STATE.values() for path in paths]
    assert len(made) > 6
    inside = {one for one in made if any(one == path or one.startswith(f"{path}/") for path in known)}
    folders = {one for one in made if any(path.startswith(f"{one}/") for path in known)}  # they go where they are empty
    assert made == inside | folders


@pytest.mark.parametrize("path", ["/usr/local/sbin/overlay-docker-rules", "/etc/systemd/system/flanneld.service"])
def test_a_name_of_ours_or_the_mark_is_needed(docker, flannel, path):
    facts = docker if "docker" in path else flannel
    facts["files"][path] = {"exists": True, "type": "file", "mark": ""}
    found = removal(facts, "docker" if "docker" in path else "flannel")
    assert (path in found.files) is ("overlay" in path)
    assert any(text.startswith(path) for text in found.left) is ("overlay" not in path)


def test_programs_without_the_unit_of_the_role_stay(flannel):
    flannel["files"][FLANNEL_UNIT] = {"exists": True, "type": "file", "mark": ""}
    flannel["units"]["flanneld.service"] = {"active_state": "active", "unit_file_state": "enabled"}
    found = removal(flannel, "flannel")
    assert flannel_case.FLANNELD not in found.files
    assert any(text.startswith(flannel_case.FLANNELD) for text in found.left)
    assert "flanneld.service" not in found.units and found.devices == [] and not found.flannel


def test_a_masked_unit_is_nobodys_file(flannel):
    flannel["files"][FLANNEL_UNIT] = {"exists": True, "type": "link", "target": "/dev/null"}
    assert not any(text.startswith(FLANNEL_UNIT) for text in removal(flannel, "flannel").left)


def test_docker_gets_an_address_of_its_own(docker):
    docker["interfaces"]["docker0"]["addresses"] = [{"address": "10.43.69.1", "prefixlen": 24, "family": 4}]
    docker["units"]["docker.service"].update(load_state="loaded", active_state="active", unit_file_state="enabled")
    found = removal(docker, "docker")
    assert found.docker and found.bridge and found.bip.startswith("172.")
    docker["files"] = dict.fromkeys(docker["files"], {"exists": False})
    assert removal(docker, "docker").bridge
    docker["interfaces"]["docker0"]["addresses"] = [{"address": "172.17.0.1", "prefixlen": 16, "family": 4}]
    docker["processes"]["dockerd"]["argv"] = ["/usr/bin/dockerd"]
    docker["units"] = {"docker.service": docker["units"]["docker.service"]}
    assert removal(docker, "docker").remaining == []


def test_a_run_that_was_killed_while_docker_started_is_seen(docker):
    docker["files"] = {removal_paths.OWN_BRIDGE: {"exists": True}}
    docker["interfaces"].pop("docker0")
    docker["processes"]["dockerd"]["argv"] = ["/usr/bin/dockerd"]
    assert removal(docker, "docker").bridge


def test_routes_by_gateways_go_and_others_stay(flannel):
    flannel["routes"] = [
        {"dst": "10.43.7.0/24", "via": "172.72.103.12", "dev": "host0", "src": "", "metric": 0},
        {"dst": "10.43.8.0/24", "via": "172.72.103.12", "dev": "host0", "src": "", "metric": 50},
        {"dst": "10.99.7.0/24", "via": "172.72.103.12", "dev": "host0", "src": "", "metric": 0},
        {"dst": "10.43.69.0/24", "via": "", "dev": "docker0", "src": "", "metric": 0},
    ]
    assert removal(flannel, "flannel").routes == [["10.43.7.0/24", "via", "172.72.103.12", "dev", "host0"]]


def test_firewalld_gets_back_only_what_the_role_told_it(flannel):
    zone = {
        "target": "default",
        "interfaces": ["host0"],
        "sources": [],
        "ports": ["8472/udp", "22/tcp"],
        "protocols": [],
        "forward": None,
    }
    trusted = {**zone, "target": "ACCEPT", "interfaces": ["flannel.1", "mine"], "ports": []}
    zones = {"public": zone, "trusted": trusted}
    flannel["firewalld"] = {"error": "", "zones": zones, "permanent": zones, "default_zone": "public", "policies": {}}
    managed = removal(flannel, "flannel", flannel=flannel_case.settings(firewall="managed")).firewall
    assert managed == [
        ["firewall-cmd", "--permanent", "--zone=public", "--remove-port=8472/udp"],
        ["firewall-cmd", "--permanent", "--zone=trusted", "--remove-interface=flannel.1"],
        ["firewall-cmd", "--zone=public", "--remove-port=8472/udp"],
        ["firewall-cmd", "--zone=trusted", "--remove-interface=flannel.1"],
    ]
    assert removal(flannel, "flannel").firewall == []


@pytest.mark.parametrize(
    ("data", "text"),
    [
        ("keep", ""),
        ("aside", "/var/lib/etcd/overlay/member is set aside"),
        ("delete", "/var/lib/etcd/overlay/member is deleted"),
    ],
)
def test_what_becomes_of_the_data(facts, data, text):
    _plan, ready = etcd_facts(facts)
    found = removal(ready, "etcd", data=data, controller=etcd_member.controller_of())
    assert [line for line in found.remaining if "/var/lib/etcd/overlay/member" in line] == ([text] if text else [])
    assert found.etcd_user is (data == "delete")


def test_packages_stay_unless_they_are_to_go_and_dockers_always(docker):
    docker["packages"].update({"etcd-server": "3.5", "flannel": "0.7.1"})
    assert removal(docker, "docker", "flannel", "etcd").packages == []
    assert removal(docker, "docker", "flannel", "etcd", packages=True).packages == ["etcd-server", "flannel"]
    assert removal(docker, "docker", packages=True).packages == []


def test_a_host_without_anything_has_nothing_to_do(facts):
    bare = flannel_case.bare(facts)
    bare["docker"]["daemon_json"]["keys"] = {}
    bare["interfaces"]["docker0"]["addresses"] = [{"address": "172.17.0.1", "prefixlen": 16, "family": 4}]
    found = removal(bare, "docker", "flannel", "etcd")
    assert found.remaining == [] and found.left == []
