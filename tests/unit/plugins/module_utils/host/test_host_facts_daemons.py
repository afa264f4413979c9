# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import os
import socket

import pytest

from ansible_collections.overlay.flannel.plugins.module_utils.host.facts import daemons, files, listeners, repositories

DIGITS = "cc281e448b3aa0bbd4302fd05cbc647d745509ddd667269e9254199fccd30956"


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("0::/system.slice/etcd.service\n", "/system.slice/etcd.service"),
        ("9:name=systemd:/\n1:cpu:/\n0::/system.slice/etcd.service\n", "/system.slice/etcd.service"),
        ("4:memory:/x\n1:name=systemd:/system.slice/docker.service\n", "/system.slice/docker.service"),
        ("1:name=systemd:/system.slice/a:b.service\n0::/\n", "/system.slice/a:b.service"),
        ("", ""),
    ],
)
def test_the_cgroup_of_systemd(text, path):
    assert daemons.cgroup_path(text) == path


@pytest.mark.parametrize(
    ("path", "unit"),
    [
        ("/system.slice/etcd.service", "etcd.service"),
        ("/system.slice/docker.service/init", "docker.service"),
        ("/system.slice/system-etcd.slice/etcd@one.service", "etcd@one.service"),
        (f"/system.slice/docker-{DIGITS}.scope", f"docker-{DIGITS}.scope"),
        (
            "/user.slice/user-1000.slice/user@1000.service/app.slice/docker.service",
            "docker.service of user@1000.service",
        ),
        ("/user.slice/user-0.slice/session-3.scope", "session-3.scope"),
        ("/docker/abc", "/docker/abc"),
        ("", ""),
    ],
)
def test_the_unit_of_a_cgroup(path, unit):
    assert daemons.unit_of(path) == unit


@pytest.mark.parametrize(
    ("path", "of_init", "own"),
    [
        ("/system.slice/etcd.service", "/init.scope", "/system.slice/etcd.service"),
        ("/system.slice/etcd.service", "/", "/system.slice/etcd.service"),
        (
            "/machine.slice/m.scope/system.slice/etcd.service",
            "/machine.slice/m.scope/init.scope",
            "/system.slice/etcd.service",
        ),
        ("/other/etcd.service", "/machine.slice/m.scope/init.scope", "/other/etcd.service"),
    ],
)
def test_a_host_that_is_a_container_has_its_own_cgroups(path, of_init, own):
    assert daemons.host_part(path, of_init) == own


@pytest.mark.parametrize(
    ("path", "contained"),
    [
        (f"/system.slice/docker-{DIGITS}.scope", True),
        (f"/docker/{DIGITS}", True),
        (f"/kubepods.slice/kubepods-besteffort.slice/cri-containerd-{DIGITS}.scope", True),
        ("/kubepods/besteffort/pod1/x", True),
        (f"/machine.slice/libpod-{DIGITS}.scope/container", True),
        ("/system.slice/docker.service", False),
        ("/system.slice/snap.docker.dockerd.service", False),
        ("/system.slice/containerd.service", False),
    ],
)
def test_containers_are_known_by_their_cgroup(path, contained):
    assert bool(daemons.CONTAINER.search(path)) == contained


@pytest.mark.parametrize(
    ("argv", "environment", "opened", "expected"),
    [
        (["etcd", "--data-dir", "/srv/a"], {}, [], "/srv/a"),
        (["etcd", "-data-dir=/srv/a/", "--name", "data-dir"], {}, [], "/srv/a"),
        (["etcd"], {"ETCD_DATA_DIR": "/srv/b"}, ["/x/member/snap/db"], "/srv/b"),
        (["etcd", "--data-dir=/srv/a"], {"ETCD_DATA_DIR": "/srv/b"}, [], "/srv/a"),
        (["etcd", "--data-dir=rel"], {}, [], "/cwd/rel"),
        (["etcd", "--config-file=/c"], {"ETCD_DATA_DIR": "/srv/b"}, ["socket:[1]", "/srv/c/member/snap/db"], "/srv/c"),
        (["etcd"], {"ETCD_CONFIG_FILE": "/c", "ETCD_DATA_DIR": "/b"}, ["/srv/c/member/wal/0.tmp"], "/srv/c"),
        (["etcd"], {}, ["/root/default.etcd/member/snap/db"], "/root/default.etcd"),
        (["etcd"], None, [], ""),
    ],
)
def test_the_data_directory_of_an_etcd(monkeypatch, argv, environment, opened, expected):
    """The environment is None where it may not be read. A file of settings makes etcd ignore flags and environment."""
    monkeypatch.setattr(daemons.processes, "arguments", lambda pid: argv)
    monkeypatch.setattr(daemons.processes, "environment", lambda pid: environment)
    monkeypatch.setattr(daemons.processes, "open_files", lambda pid: opened)
    monkeypatch.setattr(daemons.processes, "link", lambda path: "/cwd")
    assert daemons.data_dir(7) == expected


def test_main_processes_count_whatever_their_name():
    [found] = [one for one in daemons.read_daemons({os.getpid(): "etcd"}) if one["pid"] == os.getpid()]
    assert found["name"] == "etcd" and found["executable"] and found["on_host_network"]
    assert [one for one in daemons.read_daemons({2**22 + 1: "etcd"}) if one["pid"] == 2**22 + 1] == []


@pytest.mark.parametrize(
    ("cgroup", "of_host", "expected"),
    [
        ("/system.slice/etcd.service", ("pid", "net"), (False, True)),
        ("/system.slice/etcd.service", ("pid",), (False, False)),
        (f"/docker/{DIGITS}", ("pid", "net"), (True, True)),
        ("/x", ("net",), (True, True)),
        (f"/docker/{DIGITS}", ("pid",), None),
        ("/x", (), None),
    ],
)
def test_containers_count_only_on_the_network_of_the_host(monkeypatch, cgroup, of_host, expected):
    monkeypatch.setattr(daemons, "read_cgroup", lambda pid: cgroup)
    monkeypatch.setattr(daemons, "same_namespace", lambda pid, kind: kind in of_host)
    found = daemons.read_daemon(os.getpid(), "dockerd")
    assert (found and (found["in_container"], found["on_host_network"])) == expected


def test_connections_are_no_listeners():
    """Recorded on a host with etcd: a connection to its port, and its socket for clients."""
    text = """  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   1: 0100007F:094B 0100007F:B2A4 01 00000000:00000000 02:000003C5 00000000   998        0 70002 2 0000000000000000 20 4 0 10 -1
   2: 0100007F:094B 00000000:0000 0A 00000000:00000000 00:00000000 00000000   998        0 70001 1 0000000000000000 100 0 0 10 0
"""
    assert list(listeners.printed(text)) == [("127.0.0.1", 2379, "70001")]


@pytest.mark.parametrize("answers", [True, False])
@pytest.mark.parametrize("family", [socket.AF_INET, socket.AF_INET6])
def test_who_listens(monkeypatch, family, answers):
    """Where the kernel does not answer the tables of /proc are read."""
    if not answers:
        monkeypatch.setattr(listeners, "NETLINK", 9999)
    address = "127.0.0.1" if family == socket.AF_INET else "::1"
    with socket.socket(family) as server:
        server.bind((address, 0))
        port = server.getsockname()[1]
        assert listeners.read_listeners([port]) == []
        server.listen()
        [found] = listeners.read_listeners([port, 1])
    assert (found["address"], found["port"], found["pid"]) == (address, port, os.getpid())
    assert found["name"]


def test_addresses_of_the_kernel():
    """Recorded on amd64; every IPv4 address in one of IPv6 is that of IPv4."""
    assert listeners.address_of("0100007F") == "127.0.0.1"
    assert listeners.address_of("00000000000000000000000000000000") == "::"
    assert listeners.address_of("0000000000000000FFFF00000C1F48AC") == "172.72.31.12"


LIST = """# deb https://download.docker.com/linux/debian trixie stable
deb [arch=amd64 signed-by=/etc/apt/keyrings/docker.asc] https://download.docker.com/linux/debian trixie stable test # why
deb-src https://download.docker.com/linux/debian trixie stable
deb http://user:secret@mirror/debian/ sid main
"""
SOURCES = """Types: deb deb-src
URIs: https://download.docker.com/linux/debian/
Suites: bookworm trixie
Components: stable
# Signed-By: /no
Signed-By:
 -----BEGIN PGP PUBLIC KEY BLOCK-----
 .
 mQINBFit2ioBEADhWpZ8

Types: deb
URIs: https://off
Suites: x
Enabled: no

Types: deb-src
URIs: https://source
Suites: x
"""


def test_repositories_of_apt(tmp_path, monkeypatch):
    (tmp_path / "docker.list").write_text(LIST)
    (tmp_path / "docker.sources").write_text(SOURCES)
    monkeypatch.setattr(repositories, "PATTERNS", (f"{tmp_path}/*.list", f"{tmp_path}/*.sources"))
    found = repositories.read_repositories("apt")
    place = "https://download.docker.com/linux/debian"
    assert [(one["uri"], one["suite"], one["components"], one["signed_by"]) for one in found] == [
        (place, "trixie", ["stable", "test"], "/etc/apt/keyrings/docker.asc"),
        ("http://***@mirror/debian", "sid", ["main"], ""),
        (place, "bookworm", ["stable"], "(in the file)"),
        (place, "trixie", ["stable"], "(in the file)"),
    ]
    assert found[0]["file"] == f"{tmp_path}/docker.list"
    assert repositories.read_repositories("dnf") == []


@pytest.mark.parametrize(
    ("text", "mark"),
    [
        ("# Written by Ansible (role overlay.flannel.etcd): changes here are replaced.\n[Unit]\n", "etcd"),
        ("# Written by the Ansible role overlay.flannel.flannel.\n", "flannel"),
        ("[Unit]\n; Written by Ansible, role overlay.flannel.docker.\n", "docker"),
        ("[Unit]\nDescription=overlay.flannel.etcd\n", ""),
        ("# overlay.flannel.other\n# overlay.flannel.etcdx\n", ""),
        ("\n" * 2000 + "# overlay.flannel.etcd\n", ""),
    ],
)
def test_the_mark_of_a_role(tmp_path, text, mark):
    path = tmp_path / "x.service"
    path.write_text(text)
    assert files.read_file(str(path))["mark"] == mark


def test_every_file_whose_name_is_not_the_roles_own_has_the_mark():
    from ansible_collections.overlay.flannel.plugins.plugin_utils.role_files import ROLES

    templates = [
        "etcd/templates/etcd.service.j2",
        "etcd/templates/drop-in.conf.j2",
        "flannel/templates/flanneld.service.j2",
    ]
    for name in [*templates, "flannel/templates/flanneld.env.j2", "docker/templates/docker.conf.j2"]:
        assert files.mark(str(ROLES / name)) == name.partition("/")[0], name
