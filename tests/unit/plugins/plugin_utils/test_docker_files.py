# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the docker role writes."""

from __future__ import annotations

import docker_case as case
import pytest

SERVICE = "/etc/systemd/system/overlay-docker-refresh.service"
CE = "/usr/bin/dockerd -H fd:// --containerd=/run/containerd/containerd.sock"


@pytest.fixture
def written(facts):
    """The texts by path, of a host on which no file is there."""

    def make(command=None, content="", **variables):
        facts["platform"]["systemd_version"] = variables.pop("systemd", 257)
        unit = facts["units"]["docker.service"]
        if command is not None:
            unit.update(fragment_exec_start=command, exec_start=variables.pop("now", command))
        facts["files"] = {case.DROP_IN: {**case.text(content), "sha256": "0"}} if content else {}
        return {item["path"]: item["content"] for item in case.plan(facts, **variables).files}

    return make


def test_modes_and_order(facts):
    found = case.plan(facts).files
    assert [(item["path"].rpartition("/")[2], item["mode"]) for item in found] == [
        ("overlay-docker-rules", "0755"),
        ("overlay-docker-refresh", "0755"),
        ("overlay-docker-options", "0755"),
        ("overlay-docker-peers", "0755"),
        ("60-overlay-docker.conf", "0644"),
        ("50-overlay-flannel.conf", "0644"),
        ("overlay-docker-refresh.service", "0644"),
        ("overlay-docker-refresh.path", "0644"),
        ("overlay-docker-refresh.timer", "0644"),
        ("overlay-docker-firewalld.service", "0644"),
        ("overlay-docker-peers.service", "0644"),
        ("50-overlay-flannel.conf", "0644"),
        ("50-overlay-flannel.conf", "0644"),
    ]
    assert {(item["owner"], item["group"]) for item in found} == {("root", "root")}
    assert all(item["content"].endswith("\n") for item in found)


def test_drop_in(written):
    assert written()[case.DROP_IN].splitlines()[1:] == [
        "[Unit]",
        "# Not After=: docker's start would wait behind a flanneld that waits for etcd. The first ExecStartPre waits, with a limit.",
        "Wants=flanneld.service",
        "StartLimitIntervalSec=0",
        "",
        "[Service]",
        "# The dashes are for the first ExecStartPre, which fails where neither file has options. The first file is there only without the second.",
        "EnvironmentFile=-/run/overlay-docker/options",
        "EnvironmentFile=-/run/flannel/docker",
        "Restart=always",
        "RestartSec=2",
        "# The status that it sets",
        "NotifyAccess=exec",
        "ExecStartPre=/usr/local/sbin/overlay-docker-options start /run/flannel/docker DOCKER_OPTS 60 flanneld.service",
        "ExecStartPre=/usr/local/sbin/overlay-docker-rules /run/flannel/docker flannel.1 10.43.0.0/16",
    ]


@pytest.mark.parametrize(
    ("command", "key", "added"),
    [
        ("/usr/sbin/dockerd -H fd:// $DOCKER_OPTS", "DOCKER_OPTS", False),
        ("/usr/sbin/dockerd -H fd:// ${DOCKER_OPTS} --debug", "DOCKER_OPTS", False),
        ("/usr/sbin/dockerd -H fd:// $DOCKER_OPTS", "DOCKER_NETWORK_OPTIONS", True),
        ("/usr/sbin/dockerd -H fd:// $DOCKER_OPTS_MORE", "DOCKER_OPTS", True),
        (CE, "DOCKER_OPTS", True),
        ("", "DOCKER_OPTS", False),
    ],
)
def test_the_command_takes_the_options(written, command, key, added):
    lines = written(command, docker_options_key=key)[case.DROP_IN].splitlines()
    assert ("ExecStart=" in lines) == added
    assert [line for line in lines if line.startswith("ExecStart=/")] == (
        [f"ExecStart={command} ${key}"] if added else []
    )


def test_the_command_that_the_role_has_set_is_not_the_vendors(written):
    """The second run writes the same drop-in; a vendor's new command is taken over."""
    first = written(CE)[case.DROP_IN]
    assert written(CE, content=first, now=f"{CE} $DOCKER_OPTS")[case.DROP_IN] == first
    newer = written(CE + " --new", content=first, now=f"{CE} $DOCKER_OPTS")[case.DROP_IN]
    assert f"ExecStart={CE} --new $DOCKER_OPTS" in newer.splitlines()


def test_a_drop_in_of_the_user_with_the_key_stays(written):
    found = written(CE, now="/opt/dockerd $DOCKER_OPTS")[case.DROP_IN]
    assert "ExecStart=" not in found


@pytest.mark.parametrize("systemd", [219, 229, 230, 257])
def test_no_limit_of_starts_by_the_name_that_systemd_knows(written, systemd):
    for path in (case.DROP_IN, SERVICE):
        head, _sign, service = written(systemd=systemd)[path].partition("[Service]")
        assert ("StartLimitIntervalSec=0" in head) == (systemd >= 230)
        assert ("StartLimitInterval=0" in service.splitlines()) == (systemd < 230)


def test_no_unit_of_flannel(written):
    found = written(docker_flannel_unit="")
    assert "After=" not in found[case.DROP_IN] and "Wants=" not in found[case.DROP_IN]
    assert "Environment=FLANNEL_UNIT= TIMEOUT=180" in found[SERVICE]
    assert "overlay-docker-options start /run/flannel/docker DOCKER_OPTS 60\n" in found[case.DROP_IN]


@pytest.mark.parametrize(("systemd", "access"), [(219, "all"), (232, "all"), (233, "exec"), (257, "exec")])
def test_the_status_of_the_unit_by_what_systemd_knows(written, systemd, access):
    assert f"NotifyAccess={access}" in written(systemd=systemd)[case.DROP_IN].splitlines()


LOST = "/run/overlay-docker-rules.lost"


def test_firewalls_that_take_the_rules_away(written):
    """nftables.service flushes when it starts, stops and reloads. firewalld reloads without systemd."""
    found = written()
    nftables, firewalld = (
        found[f"/etc/systemd/system/{name}.service.d/50-overlay-flannel.conf"].splitlines()
        for name in ("nftables", "firewalld")
    )
    touch = f"=-/usr/bin/touch {LOST}"
    assert [line for line in nftables if "=" in line] == [
        name + touch for name in ("ExecStartPost", "ExecStopPost", "ExecReload")
    ]
    assert "Wants=overlay-docker-firewalld.service" in firewalld
    assert "PartOf=firewalld.service" in found[SERVICE.replace("refresh", "firewalld")]
    assert f"PathExists={LOST}" in found[SERVICE.replace(".service", ".path")].splitlines()
    assert f"ExecStartPre=-/bin/rm -f {LOST}" in found[SERVICE].splitlines()


def test_refresh(written):
    found = written(docker_options_file="/run/x", docker_options_key="KEY", docker_restart_timeout=100)
    lines = found[SERVICE].splitlines()
    assert "TimeoutStartSec=160" in lines
    assert "Environment=OPTIONS_FILE=/run/x OPTIONS_KEY=KEY" in lines
    assert "Environment=FLANNEL_UNIT=flanneld.service TIMEOUT=100" in lines
    assert "ExecStartPre=-/usr/local/sbin/overlay-docker-rules /run/x flannel.1 10.43.0.0/16" in lines
    assert "ExecStart=/usr/local/sbin/overlay-docker-refresh" in lines
    assert "Wants=overlay-docker-refresh.path" in lines
    assert "PathChanged=/run/x" in found[SERVICE.replace(".service", ".path")]
    assert "OnUnitInactiveSec=10min" in found[SERVICE.replace(".service", ".timer")]
    assert "EnvironmentFile=-/run/x" in found[case.DROP_IN]
    assert "ExecStartPre=-/usr/local/sbin/overlay-docker-options keep /run/x KEY" in lines


def test_sysctls(written):
    path = "/etc/sysctl.d/60-overlay-docker.conf"
    assert written()[path].splitlines()[1:] == ["net.ipv4.ip_forward = 1"]
    dual = written(docker_overlay_ipv6_network="fd00::/48", docker_overlay_ipv6_device="flannel-v6.1")
    assert dual[path].splitlines()[2:] == ["net.ipv6.conf.all.forwarding = 1"]
    command = "overlay-docker-rules /run/flannel/docker flannel.1 10.43.0.0/16 flannel-v6.1 fd00::/48"
    assert command in dual[case.DROP_IN] and command in dual[SERVICE]


@pytest.mark.parametrize(
    ("variables", "follows"),
    [
        ({}, "10.43.0.0/16"),
        ({"docker_overlay_device": "flannel.1,eth1"}, "10.43.0.0/16"),
        ({"docker_overlay_device": "flannel.ipip"}, "10.43.0.0/16"),
        (
            {"docker_overlay_ipv6_network": "fd00::/48", "docker_overlay_ipv6_device": "flannel-v6.1"},
            "10.43.0.0/16 fd00::/48",
        ),
        ({"docker_overlay_device": "eth1"}, ""),
        ({"docker_overlay_device": "flannel-wg"}, ""),
        ({"docker_overlay_device": "flannel0"}, ""),
        ({"docker_peers_only": False}, ""),
    ],
)
def test_only_devices_that_take_packets_from_anybody_need_the_peers(written, variables, follows):
    """Also the refresh service sets these rules, after a flush. Where there are none, those of an earlier run go."""
    found = written(**variables)
    unit = found["/etc/systemd/system/overlay-docker-peers.service"]
    refresh = found["/etc/systemd/system/overlay-docker-refresh.service"]
    program = "/usr/local/sbin/overlay-docker-peers"
    assert (
        f"ExecStart={program} follow {follows}\nExecStopPost"
        in unit.replace("# Rules that nobody follows would shut a new host out.\n", "")
    ) == bool(follows)
    assert ("ExecStart=/usr/local/sbin/overlay-docker-peers open\n" in unit) != bool(follows)
    assert (f"ExecStartPre=-{program} set {follows}\n" in refresh) == bool(follows)
