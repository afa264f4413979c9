# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import dataclasses

import pytest

from ansible_collections.overlay.flannel.plugins.module_utils.host.facts.unit_drift import (
    Running,
    Wanted,
    check,
    stale_unit_files,
)

DROP_IN = "/etc/systemd/system/flanneld.service.d/x.conf"
ENV = "/etc/flannel.env"
WANTED = Wanted(
    unit="flanneld.service",
    kind="notify",
    exec_start="/usr/local/bin/flanneld -v=${LEVEL} $MORE",
    need_daemon_reload=False,
    in_unit={"LEVEL": "2"},
    in_files={"FLANNELD_IFACE": ("eth1", ENV), "MORE": ("-a -b", ENV)},
    written={DROP_IN: 100.0},
)
RUNNING = Running(
    argv=["/usr/local/bin/flanneld", "-v=2", "-a", "-b"],
    environment={"PATH": "/bin", "LEVEL": "2", "FLANNELD_IFACE": "eth1", "MORE": "-a -b"},
    executable="/usr/local/bin/flanneld",
    same_as_command=True,
    started=200.0,
)
DOCKER = dataclasses.replace(
    WANTED,
    unit="docker.service",
    exec_start="/usr/sbin/dockerd -H fd:// $DOCKER_OPTS",
    in_files={"DOCKER_OPTS": ("--bip=10.1.2.1/24 --debug", "/run/flannel/docker")},
)
DOCKERD = dataclasses.replace(
    RUNNING,
    argv=["/usr/sbin/dockerd", "-H", "fd://", "--bip=10.1.2.1/24"],
    environment={"PATH": "/bin", "LEVEL": "2", "DOCKER_OPTS": "--bip=10.1.2.1/24 --debug"},
    executable="/usr/sbin/dockerd",
)


def found(wanted, running):
    return [(drift["reason"], drift["name"]) for drift in check(wanted, running)]


def test_nothing():
    assert found(WANTED, RUNNING) == []


@pytest.mark.parametrize(
    ("wanted", "running", "reasons"),
    [
        ({"need_daemon_reload": True}, {}, [("daemon_reload", "flanneld.service")]),
        ({"written": {DROP_IN: 201.0}}, {}, [("unit_file", DROP_IN)]),
        ({}, {"executable": "/usr/local/bin/flanneld (deleted)"}, [("executable", "/usr/local/bin/flanneld")]),
        ({}, {"same_as_command": False}, [("executable", "/usr/local/bin/flanneld")]),
        ({"in_unit": {"LEVEL": "3"}}, {}, [("environment", "LEVEL"), ("arguments", "ExecStart")]),
        ({"in_files": {"MORE": ("-a -b", ENV)}}, {}, [("environment", "FLANNELD_IFACE")]),
        ({"exec_start": "/usr/local/bin/flanneld -v=2"}, {}, [("arguments", "ExecStart")]),
        ({"exec_start": "/usr/bin/wrapper -v=9"}, {"same_as_command": False}, []),
        ({"exec_start": "/usr/local/bin/flanneld %i"}, {}, []),
        ({"kind": "forking", "exec_start": "/usr/local/bin/flanneld -v=9"}, {}, []),
        ({"in_unit": {"LEVEL": "3"}}, {"environment": None}, []),
    ],
)
def test_one_difference(wanted, running, reasons):
    changed = dataclasses.replace(WANTED, **wanted), dataclasses.replace(RUNNING, **running)
    assert found(*changed) == reasons


def test_the_last_file_is_named_and_no_value_told():
    wanted = dataclasses.replace(WANTED, exec_start="", in_files={"FLANNELD_ETCD_PASSWORD": ("hush", ENV)})
    running = dataclasses.replace(RUNNING, environment={"PATH": "", "LEVEL": "2", "FLANNELD_ETCD_PASSWORD": "secret"})
    (drift,) = check(wanted, running)
    assert (drift["name"], drift["file"]) == ("FLANNELD_ETCD_PASSWORD", ENV)
    assert "hush" not in str(drift)
    assert "secret" not in str(drift)


def test_a_file_from_the_future_does_not_count():
    wanted = dataclasses.replace(WANTED, written={DROP_IN: 300.0})
    assert stale_unit_files(wanted, RUNNING, now=250.0) == []
    assert len(stale_unit_files(wanted, RUNNING, now=301.0)) == 1


def test_blanks_in_docker_s_options_do_not_count():
    environment = {**DOCKERD.environment, "DOCKER_OPTS": "  --bip=10.1.2.1/24   --debug "}
    assert found(DOCKER, dataclasses.replace(DOCKERD, environment=environment)) == []
    environment["DOCKER_OPTS"] = "--bip=10.1.2.1/24"
    assert found(DOCKER, dataclasses.replace(DOCKERD, environment=environment)) == [("environment", "DOCKER_OPTS")]
    del environment["DOCKER_OPTS"]
    assert found(DOCKER, dataclasses.replace(DOCKERD, environment=environment)) == [("environment", "DOCKER_OPTS")]
    values = {"LEVEL": "2  ", "FLANNELD_IFACE": "eth1", "MORE": "-a -b", "PATH": "/bin"}
    assert found(WANTED, dataclasses.replace(RUNNING, environment=values)) == [("environment", "LEVEL")]


def test_options_that_are_missing_or_given_up():
    dual = ["--bip=10.1.2.1/24", "--ipv6", "--fixed-cidr-v6=fd00::/64"]
    wanted = dataclasses.replace(DOCKER, in_files={"DOCKER_OPTS": (" ".join(dual), "/run/flannel/docker")})
    environment = {**DOCKERD.environment, "DOCKER_OPTS": " ".join(dual)}
    running = dataclasses.replace(DOCKERD, environment=environment)
    assert found(wanted, running) == [("arguments", "ipv6"), ("arguments", "fixed_cidr_v6")]
    surplus = dataclasses.replace(DOCKERD, argv=[*DOCKERD.argv, "--mtu=1400"])
    assert found(DOCKER, surplus) == [("arguments", "mtu")]


def test_only_options_of_the_overlay_are_compared_for_docker():
    assert found(DOCKER, DOCKERD) == []
    other = dataclasses.replace(DOCKERD, argv=["/usr/sbin/dockerd", "--bip", "10.1.3.1/24", "--mtu=1400"])
    assert found(DOCKER, other) == [("arguments", "bip"), ("arguments", "mtu")]
