# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is refused before etcd is changed: every check has a case that refuses and one that passes."""

from __future__ import annotations

import pytest
from etcd_member import (
    DATA,
    ENVIRONMENT,
    FOUNDS,
    HAS_DATA,
    controller_of,
    facts_of,
    member,
    plan_of,
)

from ansible_collections.overlay.flannel.plugins.plugin_utils.etcd_release import CHECKSUMS

THREE = [member("one", 11), member("two", 12), member("three", 13)]
FLAGS = {"/etc/default/etcd": 'DAEMON_ARGS="--name=x --log-level debug"\n'}
CENTOS = {"id": "centos", "version": "7", "family": "redhat", "package_manager": "yum", "systemd_version": 219}
ROCKY = {"id": "rocky", "version": "9.4", "family": "redhat", "package_manager": "dnf"}
KEY = {"exists": True, "type": "file"}


def fleet(members=(), **more):
    return {"controller": controller_of(members, **more)}


def no_program(path):
    return None


# Each: settings and further arguments that are refused, what the text says, and a change that makes them pass
FROM_FILES = {"install_method": "file", "file_dir": "/programs"}
CASES = {
    "user in a URL": (
        {"archive_url": "https://user:hush@192.0.2.1/etcd.tar.gz", "install_method": "archive"},
        "etcd_archive_url = https://***@192.0.2.1/etcd.tar.gz",
        {"archive_url": "https://192.0.2.1/etcd.tar.gz"},
    ),
    "init": (
        {"facts": facts_of(platform={"init": "openrc"})},
        "init system = openrc: allowed: systemd. Fix: use a systemd host.",
        {"facts": facts_of()},
    ),
    "no members": (
        fleet(groups={}),
        "etcd_members = (empty): allowed: names of one or more hosts. Fix: put hosts into the inventory group etcd, or set",
        fleet(groups={"etcd": ["one"]}),
    ),
    "not a member": (
        {"members": ["two"], **fleet([member("two", 12)])},
        "etcd_members = two: allowed: a list with one, on which the role runs. Fix: add it to the list (or to the group etcd)",
        {"members": ["two", "one"]},
    ),
    "twice": (
        {"members": ["one", "one"]},
        "etcd_members = one, one: allowed: every name once. Fix: remove the repeated names.",
        {"members": ["one"]},
    ),
    "bad name": (
        fleet(host="a=b"),
        "inventory_hostname = a=b: allowed: a name without blanks, commas, quotes and equals signs",
        fleet(host="a-b"),
    ),
    "absent": (
        {"members": ["one", "two", "three"], **fleet(THREE[:1])},
        "etcd_members = two, three: not part of this run or batch, or failed: allowed: members that are part of the same run."
        " Fix: bring them back and run without --limit and serial",
        fleet(THREE),
    ),
    "no such interface": (
        {"interface": "eth7"},
        "etcd_interface = eth7: allowed: an IPv4 address of this host, or what names one of its interfaces: no interface fits eth7",
        {"interface": "eth0"},
    ),
    "no such address": (
        {"address": "198.51.100.1", "interface": "eth0"},
        "etcd_address = 198.51.100.1: allowed: an IPv4 address of this host",
        {"address": "192.0.2.11"},
    ),
    "address of another member": (
        fleet([member("one", 11), member("two", 11)]),
        "etcd_address = http://192.0.2.11:2380, which is also that of two: allowed: an address that no other member has",
        fleet([member("one", 11), member("two", 12)]),
    ),
    "equal ports": (
        {"client_port": 2380},
        "etcd_client_port, etcd_peer_port = 2380, 2380: allowed: two different ports from 1 to 65535",
        {"client_port": 4001},
    ),
    "no port": ({"peer_port": 65536}, "2379, 65536: allowed: two different ports", {"peer_port": 65535}),
    "token": ({"cluster_token": "a b"}, "etcd_cluster_token = a b: allowed: letters, digits", {"cluster_token": "a.b"}),
    "data of one part": (
        {"data_dir": "/data"},
        "etcd_data_dir = /data: allowed: an absolute path of two or more parts",
        {"data_dir": "/srv/data"},
    ),
    "relative data": (
        {"data_dir": "srv/data"},
        "etcd_data_dir = srv/data: allowed: an absolute",
        {"data_dir": "/srv/x"},
    ),
    "timeout": ({"start_timeout": 9}, "etcd_start_timeout = 9: allowed: 10 or more seconds", {"start_timeout": 10}),
    "package on Rocky": (
        {"facts": facts_of(platform=ROCKY)},
        "etcd_install_method = package (on rocky 9.4): allowed: package only on Debian, Ubuntu, CentOS 7 and RHEL 7."
        " Fix: etcd_install_method: archive.",
        {"install_method": "archive"},
    ),
    "newer etcd on CentOS": (
        {"facts": facts_of(platform=CENTOS)},
        "etcd_version = 3.6.14 (package, on centos 7): allowed: 2.3.7, the version of the package."
        " Fix: etcd_version: 2.3.7, or etcd_install_method: archive.",
        {"version": "2.3.7"},
    ),
    "experimental": (
        {**FROM_FILES, "version": "3.7.3", "settings": {"experimental-compact-hash-check-enabled": True}},
        "etcd_settings = ETCD_EXPERIMENTAL_COMPACT_HASH_CHECK_ENABLED: allowed: settings that etcd 3.7 has",
        {**FROM_FILES, "version": "3.6.14", "settings": {"experimental-compact-hash-check-enabled": True}},
    ),
    "version": (
        {"version": "v3.6.14"},
        "etcd_version = v3.6.14: allowed: a release such as 3.6.14, without a v in front",
        {"version": "3.6.14"},
    ),
    "old package": (
        {"facts": facts_of(platform={"id": "ubuntu", "version": "22.04"})},
        "etcd_install_method = package (etcd 3.3 on ubuntu 22.04): allowed: etcd 3.4 or newer, or 2.3",
        {"facts": facts_of(platform={"id": "ubuntu", "version": "24.04"})},
    ),
    "old release": (
        {"install_method": "file", "version": "3.0.1"},
        "etcd_version = file (etcd 3.0 on debian 13): allowed: etcd 3.4 or newer, or 2.3",
        {"version": "3.4.0"},
    ),
    "new flannel with etcd 2": (
        {"facts": facts_of(platform=CENTOS), "version": "2.3.7", "flannel_version": "0.28.10"},
        "etcd_version = 2.3 (with flannel 0.28.10): allowed: etcd 3.4 or newer, because flannel 0.18",
        {"flannel_version": "0.17.0"},
    ),
    "unknown checksum": (
        {"install_method": "archive", "version": "3.6.13"},
        "etcd_archive_checksum = (empty): allowed: the checksum of etcd 3.6.13 for amd64; the role knows 3.6.14-amd64, 3.6.14-arm64",
        {"version": "3.5.33"},
    ),
    "form of the checksum": (
        {"archive_checksum": "md5:0"},
        "etcd_archive_checksum = md5:0: allowed: sha256: and 64 hexadecimal digits in lower case",
        {"archive_checksum": CHECKSUMS["3.6.14-amd64"]},
    ),
    "url": (
        {"archive_url": "mirror/etcd.tar.gz"},
        "etcd_archive_url = mirror/etcd.tar.gz: allowed: a URL",
        {"archive_url": "file:///etcd.tar.gz"},
    ),
    "no programs": (
        {"install_method": "file", "file_dir": "/x", **fleet(digest=no_program)},
        "etcd_file_dir = /x (not on the controller: /x/etcd, /x/etcdctl, /x/etcdutl): allowed: a folder on the controller"
        " with etcd, etcdctl, etcdutl of etcd 3.6.14. Fix: copy the programs there.",
        fleet(),
    ),
    "flannel's version": (
        {"flannel_version": "latest"},
        "etcd_flannel_version = latest: allowed: a release such as 0.28.10, or nothing",
        {"flannel_version": "v0.28.10"},
    ),
    "v2 with a new etcd": (
        {"install_method": "archive", "flannel_version": "0.17.0"},
        "etcd_flannel_version = 0.17.0 (with etcd 3.6): allowed: etcd 2.3, 3.4 or 3.5, because flannel 0.17 and older speaks only the v2 API",
        {"version": "3.5.33"},
    ),
    "v2 by itself": (
        {"install_method": "archive", "enable_v2": True},
        "etcd_enable_v2 = True (with etcd 3.6): allowed: etcd 2.3",
        {"enable_v2": False},
    ),
    "key without certificate": (
        {"key": "/k", "facts": facts_of({"/k": KEY, "/c": KEY})},
        "etcd_ca_cert, etcd_cert, etcd_key = (empty), (empty), /k: allowed: certificate and key together",
        {"cert": "/c"},
    ),
    "authority alone": (
        {"ca_cert": "/a", "facts": facts_of({"/a": KEY})},
        "= /a, (empty), (empty): allowed: certificate and key together; an authority only with them",
        {"ca_cert": ""},
    ),
    "peers": (
        {"peer_cert": "/c", "peer_key": "/k", "facts": facts_of(dict.fromkeys(["/a", "/c", "/k"], KEY))},
        "etcd_peer_ca_cert, etcd_peer_cert, etcd_peer_key = (empty), /c, /k: allowed: all three or none",
        {"peer_ca_cert": "/a"},
    ),
    "certificates that are not there": (
        {"cert": "/c", "key": "k", "facts": facts_of({"/c": KEY})},
        "etcd_*_cert, etcd_*_key = k: allowed: files on this host. Fix: copy them to the host, readable by the user etcd",
        {"key": "/c"},
    ),
    "setting of the role": (
        {"settings": {"quota-backend-bytes": 1, "initial-cluster-state": "new"}},
        "etcd_settings = quota-backend-bytes, initial-cluster-state: allowed: names of etcd's settings, each once,"
        " without those that the role sets (ETCD_INITIAL_CLUSTER_STATE)",
        {"settings": {"quota-backend-bytes": 1, "initial-election-tick-advance": False}},
    ),
    "setting twice": (
        {"settings": {"log-level": "a", "ETCD_LOG_LEVEL": "b"}},
        "without those that the role sets (a name is repeated)",
        {"settings": {"log-level": "a"}},
    ),
    "name of a setting": ({"settings": {"log level": 1}}, "(ETCD_LOG LEVEL)", {"settings": {"log_level": 1}}),
    "number as a setting": ({"settings": {1: 1}}, "(ETCD_1)", {"settings": {"a1": 1}}),
    "value of a setting": (
        {"settings": {"log-outputs": 'a"b'}},
        "etcd_settings = log-outputs: allowed: values without double quotes, backslashes and line breaks",
        {"settings": {"log-outputs": "a'b"}},
    ),
    "flag that is in the environment": (
        {"facts": facts_of(FLAGS)},
        "DAEMON_ARGS in /etc/default/etcd = name log-level: allowed: no flag that is also in etcd's environment (ETCD_NAME),",
        {"facts": facts_of({"/etc/default/etcd": "DAEMON_ARGS='--log-level debug'\n"})},
    ),
    "flag that the settings have": (
        {
            "facts": facts_of({"/etc/default/etcd": "DAEMON_ARGS='--log-level debug'\n"}),
            "settings": {"log-level": "warn"},
        },
        "(ETCD_LOG_LEVEL), because etcd does not start with both",
        {"settings": {}},
    ),
    "configuration file": (
        {"facts": facts_of({"/etc/default/etcd": "DAEMON_ARGS=--config-file=/etc/etcd.yml\n"})},
        "(config-file), because etcd does not start with both",
        {"install_method": "file"},
    ),
    "masked": (
        {"facts": facts_of(unit={"load_state": "masked"})},
        "etcd.service = masked: allowed: a unit that can be started. Fix: systemctl unmask etcd.service.",
        {"facts": facts_of(unit={"load_state": "loaded"})},
    ),
    "data of another etcd": (
        {"facts": facts_of({"/var/lib/etcd/default/member": KEY})},
        f"etcd_data_dir = {DATA}: allowed: the folder of the etcd that is already on this host, which has data in /var/lib/etcd/default.",
        {"data_dir": "/var/lib/etcd/default"},
    ),
    "data of another etcd beside a member of ours": (
        {"facts": facts_of({"/var/lib/etcd/default/member": KEY})},
        "which has data in /var/lib/etcd/default.",
        {"facts": facts_of({"/var/lib/etcd/default/member": KEY, **HAS_DATA})},
    ),
    "the last line counts": (
        {"facts": facts_of({ENVIRONMENT: f"ETCD_DATA_DIR={DATA}\nETCD_DATA_DIR=/srv/etcd\n"})},
        "allowed: /srv/etcd, which this member has had until now",
        {"facts": facts_of({ENVIRONMENT: f"ETCD_DATA_DIR=/srv/etcd\nETCD_DATA_DIR={DATA}\n"})},
    ),
    "moved data": (
        {"facts": facts_of({ENVIRONMENT: "ETCD_DATA_DIR=/srv/etcd\n"})},
        f"etcd_data_dir = {DATA}: allowed: /srv/etcd, which this member has had until now. Fix: systemctl stop etcd, mv /srv/etcd",
        {"data_dir": "/srv/etcd"},
    ),
    "another peer URL": (
        {"facts": facts_of({ENVIRONMENT: "ETCD_LISTEN_PEER_URLS=http://192.0.2.99:2380\n", **HAS_DATA})},
        "etcd_address, etcd_interface, etcd_peer_port, etcd_peer_cert = http://192.0.2.11:2380: allowed: http://192.0.2.99:2380,"
        " by which the cluster knows this member. Fix: etcdctl member update ID --peer-urls=http://192.0.2.11:2380",
        {"facts": facts_of({ENVIRONMENT: "ETCD_LISTEN_PEER_URLS=http://192.0.2.99:2380\n"})},
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_refused(name):
    arguments, words, _change = CASES[name]
    host = arguments["controller"].host if "controller" in arguments else "one"
    found = [text for text in plan_of(**arguments).refusals if words in text]
    assert len(found) == 1, plan_of(**arguments).refusals
    assert found[0].startswith(f"{host}: ") and found[0].endswith(".")


@pytest.mark.parametrize("name", CASES)
def test_passes(name):
    arguments, _words, change = CASES[name]
    plan = plan_of(**{"controller": controller_of(first_start=FOUNDS), **arguments, **change})
    assert plan.refusals == []


def test_install_method_of_another_kind():
    """Ansible refuses it by the role's argument specs; the plan does so for whoever does not ask Ansible."""
    from etcd_member import settings_of

    from ansible_collections.overlay.flannel.plugins.plugin_utils.etcd_checks import program_checks
    from ansible_collections.overlay.flannel.plugins.plugin_utils.etcd_context import EtcdContext
    from ansible_collections.overlay.flannel.plugins.plugin_utils.etcd_settings import EtcdSettings

    settings = EtcdSettings(**{**settings_of(), "install_method": "snap"})
    found = list(program_checks(EtcdContext(settings, facts_of(), controller_of())))
    assert [(one.variable, one.value, one.allowed) for one in found] == [
        ("etcd_install_method", "snap", "package, archive, file")
    ]


def test_everything_wrong_at_once_ends_in_refusals_and_changes_nothing():
    plan = plan_of(
        facts_of(
            platform={
                "init": "",
                "family": "",
                "id": "",
                "version": "",
                "architecture": "riscv64",
                "package_manager": "",
            }
        ),
        controller_of(host="a b", groups={}, digest=no_program),
        members=["x"],
        address="nonsense",
        client_port=0,
        peer_port=0,
        data_dir="",
        version="",
        install_method="archive",
        archive_checksum="x",
        archive_url="x",
        flannel_version="x",
        cert="x",
        settings={"": None, "x": {"y": '"'}},
    )
    assert len(plan.refusals) >= 12
    lists = ("packages", "programs", "directories", "files", "unwanted", "restart", "remaining")
    assert [name for name in lists if getattr(plan, name)] == []
    assert plan.release == {}
    assert not (plan.must_start or plan.must_join or plan.must_restart)
