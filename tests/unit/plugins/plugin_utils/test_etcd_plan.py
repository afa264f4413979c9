# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From the facts of a host to what etcd's role does there."""

from __future__ import annotations

import dataclasses
import hashlib
import os
import time

import pytest
from etcd_member import (
    DATA,
    DROP_IN,
    ENVIRONMENT,
    FOUNDS,
    GUARD,
    GUARD_DROP_IN,
    HAS_DATA,
    INITIAL,
    MARK,
    NOW,
    UNIT_FILE,
    controller_of,
    converged,
    facts_of,
    member,
    plan_of,
    settings_of,
)

from ansible_collections.overlay.flannel.plugins.plugin_utils import etcd_plan
from ansible_collections.overlay.flannel.plugins.plugin_utils.desired_state import covers
from ansible_collections.overlay.flannel.plugins.plugin_utils.sandbox import etcd_sandbox

FRESH = facts_of()
JOINS = {"state": "existing", "joins": True, "cluster": ""}
FILE = {"install_method": "file", "file_dir": "/programs"}
THREE = [member("one", 11), member("two", 12, data=True), member("three", 13)]
CENTOS = facts_of(
    platform={"id": "centos", "version": "7", "family": "redhat", "package_manager": "yum", "systemd_version": 219}
)


def paths(items):
    return [item["path"] for item in items]


def content(plan, path):
    return next(item["content"] for item in plan.files if item["path"] == path)


def program(plan):
    """The etcdctl, which gets no proxy and nothing of what a login shell on a member has set."""
    return plan.etcdctl[plan.etcdctl.index("NO_PROXY=*") + 1]


def changed(facts, files=(), unit=()):
    """The same host with a difference."""
    units = {"etcd.service": {**facts["units"]["etcd.service"], **dict(unit)}}
    return {**facts, "files": {**facts["files"], **dict(files)}, "units": units}


NOT_LOADED = "systemd has not loaded the unit files of etcd.service"


def drift_of(name, reason):
    return {"name": name, "reason": reason, "file": name, "text": reason}


@pytest.fixture(params=["package", "file"])
def running(request):
    """Settings, and the facts of a host where all of it is done."""
    variables = FILE if request.param == "file" else {}
    return variables, converged(plan_of(**variables), FRESH)


def test_fresh_host_with_packages():
    plan = plan_of()
    assert plan.refusals == [] and len(plan.warnings) == 1 and plan.warnings[0].startswith("etcd serves http")
    assert plan.packages == ["etcd-server", "etcd-client"]
    assert paths(plan.directories) == ["/etc/etcd", DATA, os.path.dirname(DROP_IN)]
    assert paths(plan.files) == [DROP_IN, GUARD, GUARD_DROP_IN, ENVIRONMENT, INITIAL]
    assert (plan.programs, plan.unwanted, plan.make_user, plan.release) == ([], [], False, {})
    assert (plan.must_start, plan.must_join, plan.must_restart) == (True, False, False)
    assert program(plan) == "/usr/bin/etcdctl"


def test_fresh_host_with_programs():
    plan = plan_of(**FILE)
    assert plan.packages == [] and plan.make_user
    assert [(item["path"], item["src"]) for item in plan.programs] == [
        (f"/usr/local/bin/{name}", f"/programs/{name}") for name in ("etcd", "etcdctl", "etcdutl")
    ]
    assert paths(plan.files) == [UNIT_FILE, GUARD, GUARD_DROP_IN, ENVIRONMENT, INITIAL]
    assert program(plan) == "/usr/local/bin/etcdctl"


def test_nothing_remains_on_a_host_where_all_of_it_is_done(running):
    variables, facts = running
    plan = plan_of(facts, controller_of(), **variables)
    assert plan.remaining == [] and plan.restart == []
    lists = (plan.packages, plan.programs, plan.directories, plan.files, plan.unwanted)
    assert lists == ([], [], [], [], [])
    assert not (plan.must_start or plan.must_join or plan.must_restart or plan.first_start_unknown or plan.make_user)
    assert plan.active and plan.enabled and not plan.hanging


@pytest.mark.parametrize(
    ("files", "unit", "remaining", "actions"),
    [
        ({ENVIRONMENT: {"exists": False}}, {}, [f"{ENVIRONMENT} differs"], "restart"),
        ({DATA: {"exists": True, "type": "directory", "mode": "0755", "owner": "etcd"}}, {}, [f"{DATA} differs"], ""),
        ({}, {"active_state": "failed"}, ["etcd.service is failed"], "start"),
        ({}, {"unit_file_state": "disabled"}, ["etcd.service is not enabled"], "start"),
        ({}, {"drift": [{"name": "ETCD_NAME", "text": "another name"}]}, ["another name"], "restart"),
        ({}, {"drift": [{"name": "ETCD_INITIAL_CLUSTER_STATE", "text": "old"}]}, [], ""),
        ({GUARD: {"exists": False}}, {}, [f"{GUARD} differs"], ""),
        ({GUARD_DROP_IN: {"exists": False}}, {}, [f"{GUARD_DROP_IN} differs"], ""),
        ({MARK: {"exists": False}}, {}, [f"{MARK} differs"], ""),
        ({MARK: {"exists": False}}, {"active_state": "failed"}, ["etcd.service is failed"], "start"),
        ({}, {"drift": [drift_of(GUARD_DROP_IN, "unit_file")]}, [], ""),
        ({}, {"drift": [drift_of("etcd.service", "daemon_reload")]}, [NOT_LOADED], ""),
        ({}, {"drift": [drift_of(UNIT_FILE, "unit_file")]}, ["unit_file"], "restart"),
        (
            {f"{DATA}/member": {"exists": False}, MARK: {"exists": False}},
            {},
            [f"{DATA} holds no data of a member"],
            "",
        ),
    ],
)
def test_each_difference_remains_and_has_its_action(running, files, unit, remaining, actions):
    variables, facts = running
    plan = plan_of(changed(facts, files, unit), controller_of(), **variables)
    assert plan.remaining == remaining
    found = {"start": plan.must_start, "join": plan.must_join, "restart": plan.must_restart}
    assert " ".join(name for name, wanted in found.items() if wanted) == actions


@pytest.mark.parametrize(("path", "make_user"), [(DATA, True), ("/etc/etcd", False)])
def test_the_user_may_be_missing_where_the_data_is_not_its_own(path, make_user):
    facts = converged(plan_of(**FILE), FRESH)
    plan = plan_of(changed(facts, {path: {"exists": False}}), controller_of(), **FILE)
    assert paths(plan.directories) == [path]
    assert plan.make_user is make_user
    packaged = converged(plan_of(), FRESH)
    assert not plan_of(changed(packaged, {path: {"exists": False}}), controller_of()).make_user


def test_other_programs_restart_etcd_and_other_tools_do_not():
    facts = converged(plan_of(**FILE), FRESH)
    new = lambda name: controller_of(digest=lambda path: "1" * 64 if path.endswith(f"/{name}") else "0" * 64)  # noqa: E731
    assert plan_of(facts, new("etcd"), **FILE).restart == ["/usr/local/bin/etcd changes"]
    tool = plan_of(facts, new("etcdutl"), **FILE)
    assert tool.restart == [] and tool.remaining == ["/usr/local/bin/etcdutl differs"]


@pytest.mark.parametrize("variables", [{}, FILE], ids=["package", "file"])
def test_the_other_method_removes_what_the_first_one_left(variables):
    before = FILE if not variables else {}
    plan = plan_of(converged(plan_of(**before), FRESH), controller_of(), **variables)
    assert paths(plan.unwanted) == [DROP_IN if variables else UNIT_FILE]
    assert f"{plan.unwanted[0]['path']} is not wanted" in plan.remaining


def test_a_member_that_waits_with_old_settings_is_restarted_together_with_the_others(running):
    variables, facts = running
    drift = [{"name": "ETCD_NAME", "text": "old"}]
    plan = plan_of(changed(facts, {}, {"active_state": "activating", "drift": drift}), controller_of(), **variables)
    assert (plan.hanging, plan.must_start, plan.must_restart) == (True, True, False)


@pytest.mark.parametrize(
    ("mtime", "reasons"),
    [
        (NOW - 200, []),
        (NOW - 50, ["the certificate authorities are newer than the running etcd"]),
        (NOW + 50, []),
    ],
    ids=["older", "newer", "from the future"],
)
def test_authorities_that_are_newer_than_the_daemon(mtime, reasons):
    tls = {"ca_cert": "/ca", "cert": "/cert", "key": "/cert"}
    there = {"exists": True, "type": "file", "mtime": NOW - 300}
    facts = changed(FRESH, {"/ca": {**there, "mtime": mtime}, "/cert": {**there, "mtime": NOW - 50}})
    facts = converged(plan_of(facts, **tls), facts)
    assert plan_of(facts, controller_of(), **tls).restart == reasons


@pytest.fixture
def zone(monkeypatch):
    def move(name):
        monkeypatch.setenv("TZ", name)
        time.tzset()

    yield move
    monkeypatch.undo()
    time.tzset()


@pytest.mark.parametrize("name", ["UTC", "Pacific/Auckland", "America/Los_Angeles"])
def test_the_zone_of_the_controller_does_not_matter(zone, name, tmp_path):
    zone(name)
    (tmp_path / "ca").write_text("new")
    os.utime(tmp_path / "ca", (time.time() - 60,) * 2)
    tls = {"ca_cert": "/ca", "cert": "/cert", "key": "/cert"}
    there = {"exists": True, "type": "file", "mtime": (tmp_path / "ca").stat().st_mtime}
    facts = changed(FRESH, {"/ca": there, "/cert": there})
    facts = converged(plan_of(facts, **tls), facts, started=time.time() - 120)
    assert len(plan_of(facts, controller_of(now=time.time()), **tls).restart) == 1


# The first start


def test_first_start_is_unknown_without_data_until_it_is_decided():
    unknown = plan_of(controller=controller_of())
    assert unknown.first_start_unknown and INITIAL not in paths(unknown.files)
    known = plan_of(controller=controller_of(first_start=FOUNDS))
    assert not known.first_start_unknown
    assert content(known, INITIAL) == (
        "# Written by Ansible (role overlay.flannel.etcd) for the first start. etcd does not read it once it has data.\n"
        "ETCD_INITIAL_ADVERTISE_PEER_URLS=http://192.0.2.11:2380\n"
        "ETCD_INITIAL_CLUSTER=one=http://192.0.2.11:2380\n"
        "ETCD_INITIAL_CLUSTER_STATE=new\n"
        "ETCD_INITIAL_CLUSTER_TOKEN=overlay-etcd\n"
    )


def test_a_decision_of_an_earlier_play_does_not_matter_once_there_is_data(running):
    variables, facts = running
    for start in (FOUNDS, {**JOINS, "cluster": "x"}):
        plan = plan_of(facts, controller_of(first_start=start), **variables)
        assert plan.remaining == [] and not plan.must_join


def test_a_new_member_joins_and_has_no_first_settings_before_it_was_added():
    plan = plan_of(controller=controller_of(THREE, first_start=JOINS))
    assert (plan.must_start, plan.must_join, plan.must_restart) == (False, True, False)
    assert INITIAL not in paths(plan.files)
    added = plan_of(controller=controller_of(THREE, first_start={**JOINS, "cluster": "one=http://192.0.2.11:2380"}))
    assert added.must_join and "ETCD_INITIAL_CLUSTER_STATE=existing\n" in content(added, INITIAL)


def test_a_learner_that_was_left_alone_goes_on_joining(running):
    variables, facts = running
    initial = {"exists": True, "type": "file", "content": "ETCD_INITIAL_CLUSTER_STATE=existing\n"}
    facts = changed(facts, {INITIAL: initial})
    unknown = plan_of(facts, controller_of(THREE), **variables)
    assert unknown.first_start_unknown and unknown.ask_members == []
    plan = plan_of(facts, controller_of(THREE, first_start=JOINS), **variables)
    assert plan.must_join and not plan.must_start and not plan.must_restart
    assert plan.remaining == ["this member has been added to the cluster, but is not promoted"]


# A member whose data is gone


def test_units_are_loaded_when_they_change_and_etcd_goes_on(running):
    variables, facts = running
    assert not plan_of(facts, controller_of(), **variables).reload
    old = changed(facts, {path: {"exists": False} for path in (GUARD, GUARD_DROP_IN, MARK)})
    plan = plan_of(old, controller_of(), **variables)
    assert plan.reload and paths(plan.files) == [GUARD, GUARD_DROP_IN, MARK]
    assert plan.restart == [] and not (plan.must_start or plan.must_restart)
    killed = changed(facts, {}, {"drift": [drift_of("etcd.service", "daemon_reload")]})
    assert plan_of(killed, controller_of(), **variables).reload


@pytest.mark.parametrize(("systemd", "prefix", "as_root"), [(257, "+", False), (231, "+", False), (219, "", True)])
def test_the_guard_runs_as_root_with_each_systemd(systemd, prefix, as_root):
    text = content(plan_of(facts_of(platform={"systemd_version": systemd}), data_dir="/srv/etcd/data"), GUARD_DROP_IN)
    assert f"ExecStartPre={prefix}{GUARD} check\n" in text and f"ExecStartPost=-{prefix}{GUARD} keep\n" in text
    assert ("PermissionsStartOnly=yes" in text) is as_root
    assert "RequiresMountsFor=/srv/etcd/data\n" in text


GONE = {f"{DATA}/member": {"exists": False}}


@pytest.mark.parametrize(
    ("files", "members", "refused"),
    [
        (GONE, [], True),
        ({**GONE, MARK: {"exists": False}}, [], False),
        ({}, [], False),
        (GONE, [member("one", 11), member("two", 12), member("three", 13)], True),  # all have lost it
        (GONE, THREE, False),  # the cluster says what it knows of this member: etcd_first_start
    ],
)
@pytest.mark.parametrize("state", ["active", "failed"])
def test_a_member_that_has_lived_does_not_found_again(running, files, members, refused, state):
    variables, facts = running
    plan = plan_of(
        changed(facts, files, {"active_state": state}), controller_of(members, first_start=FOUNDS), **variables
    )
    expected = [f"one: etcd_data_dir = {DATA} (holds no data): allowed: the data of this member"] if refused else []
    assert [text.partition(", which has")[0] for text in plan.refusals] == expected


def test_a_member_that_takes_the_place_of_a_lost_one_forgets_it_when_it_starts(running):
    variables, facts = running
    facts = changed(facts, GONE, {"active_state": "inactive"})
    asked = plan_of(facts, controller_of(THREE, first_start=JOINS), **variables)
    assert asked.must_join and asked.unwanted == []
    added = plan_of(facts, controller_of(THREE, first_start={**JOINS, "cluster": "one=x"}), **variables)
    assert paths(added.unwanted) == [MARK]


# Members


def test_members_are_those_of_this_run_with_the_own_one_as_it_is_now():
    stale = member("one", 99)
    plan = plan_of(
        changed(FRESH, HAS_DATA), controller_of([stale, *THREE[1:]], groups={"etcd": ["three", "one", "two"]})
    )
    assert plan.names == ["three", "one", "two"]
    assert plan.endpoints == ["http://192.0.2.13:2379", "http://192.0.2.11:2379", "http://192.0.2.12:2379"]
    assert plan.member == member("one", 11, data=True)
    assert plan.ask_members == []


def test_the_own_member_is_known_before_it_has_said_so():
    plan = plan_of(controller=controller_of(THREE[1:], groups={"etcd": ["one", "two", "three"]}))
    assert plan.refusals == []
    assert [one["name"] for one in plan.members] == ["one", "two", "three"]
    assert plan.ask_members == [THREE[1]]


@pytest.mark.parametrize(("number", "warns"), [(1, False), (2, True), (3, False), (4, True)])
def test_an_even_number_of_members_is_a_warning(number, warns):
    plan = plan_of(controller=controller_of([member(name, index) for index, name in enumerate("abcd"[:number])]))
    texts = [text for text in plan.warnings if "http" not in text]
    assert [text.startswith(f"etcd_members has {number} members. An even number") for text in texts] == [True] * warns


@pytest.mark.parametrize(
    ("variables", "warns"),
    [
        ({}, True),
        ({"cert": "/c", "key": "/k"}, False),
        ({"pki_dir": "/pki"}, False),
        ({"pki_dir": "/pki", "ca_cert": "/a"}, True),
    ],
)
def test_an_etcd_without_tls_is_a_warning(variables, warns):
    texts = [text for text in plan_of(**variables).warnings if text.startswith("etcd serves http, without users")]
    assert len(texts) == warns


def test_what_a_host_says_of_itself():
    settings = settings_of(cert="/c", peer_cert="/p", client_port=4001)
    found = etcd_plan.member_of(settings, changed(FRESH, HAS_DATA), controller_of())
    assert found == {
        "name": "one",
        "client_url": "https://192.0.2.11:4001",
        "peer_url": "https://192.0.2.11:2380",
        "data": True,
        "endpoint": "https://192.0.2.11:4001",
        "version": "",
        "plain": False,
    }
    assert etcd_plan.member_of(settings_of(address="nothing"), FRESH, controller_of())["peer_url"] == "http://:2380"


# What is written


@pytest.mark.parametrize(
    ("variables", "lines"),
    [
        ({}, ["MODE=periodic", "RETENTION=24h"]),
        ({"flannel_version": "0.28.10"}, ["MODE=periodic", "RETENTION=24h"]),
        ({"flannel_version": "0.28.9"}, ["MODE=periodic", "RETENTION=24h"]),
        ({"flannel_version": "0.28.8"}, []),
        ({"flannel_version": "0.26.7"}, []),
        ({"flannel_version": "0.18.0"}, []),
        ({"flannel_version": "0.17.0", "version": "3.5.33"}, ["MODE=periodic", "RETENTION=24h"]),
        ({"flannel_version": "0.7.1", "version": "2.3.7"}, []),
        ({"settings": {"auto-compaction-retention": "1000"}}, ["RETENTION=1000"]),
        (
            {"settings": {"ETCD_AUTO_COMPACTION_MODE": "revision", "auto-compaction-retention": 5}},
            ["MODE=revision", "RETENTION=5"],
        ),
    ],
)
def test_the_history_of_keys_has_an_end(variables, lines):
    """By itself etcd keeps it until its database is full. Some flanneld do not live through a compaction."""
    plan = plan_of(**{"install_method": "file", "version": "3.6.14", **variables})
    assert plan.refusals == []
    found = [line.replace('"', "") for line in content(plan, ENVIRONMENT).splitlines() if "COMPACTION" in line]
    assert found == [f"ETCD_AUTO_COMPACTION_{line}" for line in lines]


def test_environment_with_everything():
    files = {path: {"exists": True, "type": "file"} for path in ("/ca", "/cert", "/key", "/pca", "/pcert", "/pkey")}
    plan = plan_of(
        facts_of(files, platform={"architecture": "riscv64"}),
        install_method="file",
        version="3.5.33",
        ca_cert="/ca",
        cert="/cert",
        key="/key",
        peer_ca_cert="/pca",
        peer_cert="/pcert",
        peer_key="/pkey",
        flannel_version="0.17.0",
        settings={"snapshot-count": 5000, "AUTO_B": True, "autoa": None, "etcd_log_outputs": "x y"},
    )
    assert plan.refusals == []
    assert content(plan, ENVIRONMENT) == (
        "# Written by Ansible (role overlay.flannel.etcd): changes here are replaced.\n"
        "ETCD_NAME=one\n"
        f"ETCD_DATA_DIR={DATA}\n"
        "ETCD_LISTEN_CLIENT_URLS=https://192.0.2.11:2379,https://127.0.0.1:2379\n"
        "ETCD_ADVERTISE_CLIENT_URLS=https://192.0.2.11:2379\n"
        "ETCD_LISTEN_PEER_URLS=https://192.0.2.11:2380\n"
        "ETCD_CERT_FILE=/cert\n"
        "ETCD_KEY_FILE=/key\n"
        "ETCD_TRUSTED_CA_FILE=/ca\n"
        "ETCD_CLIENT_CERT_AUTH=true\n"
        "ETCD_PEER_CERT_FILE=/pcert\n"
        "ETCD_PEER_KEY_FILE=/pkey\n"
        "ETCD_PEER_TRUSTED_CA_FILE=/pca\n"
        "ETCD_PEER_CLIENT_CERT_AUTH=true\n"
        "ETCD_ENABLE_V2=true\n"
        "ETCD_UNSUPPORTED_ARCH=riscv64\n"
        'ETCD_AUTO_B="true"\n'
        'ETCD_AUTO_COMPACTION_MODE="periodic"\n'
        'ETCD_AUTO_COMPACTION_RETENTION="24h"\n'
        'ETCD_AUTOA=""\n'
        'ETCD_LOG_OUTPUTS="x y"\n'
        'ETCD_SNAPSHOT_COUNT="5000"\n'
    )
    assert plan.etcdctl[-3:] == ["--cert=/cert", "--key=/key", "--cacert=/ca"]


@pytest.mark.parametrize(
    ("systemd", "words", "other"),
    [
        (
            257,
            "[Unit]\nWants=network-online.target\nAfter=network-online.target\nStartLimitIntervalSec=0\n",
            "StartLimitInterval=0",
        ),
        (219, "[Service]\nStartLimitInterval=0\nEnvironmentFile=/etc/etcd/overlay.env\n", "StartLimitIntervalSec=0"),
    ],
)
def test_drop_in(systemd, words, other):
    text = content(plan_of(facts_of(platform={"systemd_version": systemd})), DROP_IN)
    assert words in text and other not in text
    assert text.startswith(
        "# Written by Ansible (role overlay.flannel.etcd). /etc/default/etcd is still read, before /etc/etcd/overlay.env.\n"
    )
    assert (
        "EnvironmentFile=/etc/etcd/overlay.env\nEnvironmentFile=-/etc/etcd/overlay-initial.env\nRestart=always\nRestartSec=5\n"
    ) in text
    assert text.endswith("RestartSec=5\n" + "".join(f"{line}\n" for line in etcd_sandbox(systemd, [DATA])))


def test_unit():
    text = content(plan_of(**FILE), UNIT_FILE)
    for line in (f"RequiresMountsFor={DATA}", "ExecStart=/usr/local/bin/etcd", "User=etcd", "StartLimitIntervalSec=0"):
        assert line in text.splitlines()
    assert text.endswith(
        "".join(f"{line}\n" for line in etcd_sandbox(257, [DATA])) + "\n[Install]\nWantedBy=multi-user.target\n"
    )
    assert hashlib.sha256(text.encode()).hexdigest() == (  # another text restarts every etcd: say so in the changelog
        "ab5edf0eb5f331bbbb6f4d6e62edf103f6c165af5619aa634cce4ed583594c3f"
    )


# Releases


def test_a_release_that_the_controller_does_not_have():
    controller = controller_of(first_start=FOUNDS, digest=lambda path: None)
    plan = plan_of(controller=controller, install_method="archive", cache_dir="/cache")
    checksum = "ffe840ff9295808e88cce2794a18a5ac87f12a5203c8314d0bf6aa119b41bac5"
    assert plan.release == {
        "variable": "etcd_archive_url",
        "url": "https://github.com/etcd-io/etcd/releases/download/v3.6.14/etcd-v3.6.14-linux-amd64.tar.gz",
        "checksum": checksum,
        "metadata_url": "",
        "metadata_file": "",
        "folder": f"/cache/etcd-3.6.14-amd64-{checksum[:12]}",
        "strip": True,
        "programs": ["etcd", "etcdctl", "etcdutl"],
        "fix": plan.release["fix"],
    }
    assert [item["src"] for item in plan.programs] == [
        f"{plan.release['folder']}/{name}" for name in plan.release["programs"]
    ]


def test_programs_that_differ_are_taken_from_the_archive_anew():
    variables = {"install_method": "archive", "cache_dir": "/cache"}
    plan = plan_of(**variables)
    assert len(plan.programs) == 3 and plan.release["folder"].startswith("/cache/etcd-3.6.14-amd64-")
    done = plan_of(converged(plan, FRESH), controller_of(), **variables)
    assert done.programs == [] and done.release == {}


def test_own_archive():
    own = {"archive_url": "file:///x.tar.gz", "archive_checksum": "sha256:" + "a" * 64, "version": "3.4.40"}
    plan = plan_of(controller=controller_of(digest=lambda path: None), install_method="archive", **own)
    assert (plan.release["url"], plan.release["checksum"]) == ("file:///x.tar.gz", "a" * 64)
    assert plan.release["programs"] == ["etcd", "etcdctl"]


# etcd 2.3


def test_centos_7():
    plan = plan_of(CENTOS, version="2.3.7", flannel_version="0.7.1")
    assert plan.refusals == [] and plan.packages == ["etcd-2.3.7"]
    assert (plan.version, plan.learners) == ("2.3", False)
    assert "ETCD_ENABLE_V2" not in content(plan, ENVIRONMENT)
    assert "/etc/etcd/etcd.conf is still read" in content(plan, DROP_IN)
    assert plan.etcdctl[:3] == ["timeout", "20", "env"] and program(plan) == "/usr/bin/etcdctl"
    assert plan.etcdctl[-2:] == ["--timeout=2s", "--total-timeout=10s"]
    assert plan.check_members == plan.check_cluster == ["cluster-health"]


def test_etcdctl_of_etcd_2_has_other_names_for_certificates():
    files = {path: {"exists": True, "type": "file"} for path in ("/ca", "/cert", "/key")}
    variables = {"ca_cert": "/ca", "cert": "/cert", "key": "/key", "client_cert_auth": False}
    plan = plan_of({**CENTOS, "files": files}, version="2.3.7", **variables)
    assert plan.etcdctl[-3:] == ["--cert-file=/cert", "--key-file=/key", "--ca-file=/ca"]
    assert "ETCD_TRUSTED_CA_FILE" not in content(plan, ENVIRONMENT)


def test_a_founder_of_etcd_2_is_never_taken_for_a_learner():
    initial = {INITIAL: "ETCD_INITIAL_CLUSTER_STATE=existing\n", **HAS_DATA}
    facts = facts_of(initial, platform=CENTOS["platform"])
    assert not plan_of(facts, controller_of(), version="2.3.7").first_start_unknown
    assert plan_of(facts_of(initial), controller_of()).first_start_unknown


def test_the_query_holds_all_that_the_plan_reads():
    settings = settings_of(cert="/c", key="k", data_dir="/srv/etcd")
    query = etcd_plan.query(settings)
    assert covers({"query": query}, query)
    assert {"/srv/etcd/member", "/srv/etcd", "/c", "/var/lib/etcd/default/member", "/usr/local/bin/etcdutl"} <= set(
        query["files"]
    )
    assert {ENVIRONMENT, INITIAL, "/etc/default/etcd", "/etc/etcd/etcd.conf"} == set(query["contents"])
    assert all(path.startswith("/") for path in query["files"])


FLOATING = [{"address": f"192.0.2.{number}", "family": 4, "prefixlen": 24} for number in (100, 11, 12)]


@pytest.mark.parametrize(
    ("ansible_host", "written", "address"),
    [
        ("192.0.2.11", "", "192.0.2.11"),
        ("192.0.2.11", "http://192.0.2.11:2380", "192.0.2.11"),
        (
            "",
            "http://192.0.2.12:2380",
            "192.0.2.12",
        ),  # names in the inventory: the address of the member with data stays
        ("", "", "192.0.2.100"),
    ],
)
@pytest.mark.parametrize("interface", ["", "eth0"])
def test_a_floating_address_in_front_of_the_own(ansible_host, written, address, interface):
    facts = facts_of({**HAS_DATA, ENVIRONMENT: f"ETCD_LISTEN_PEER_URLS={written}\n"} if written else {})
    facts["interfaces"]["eth0"]["addresses"] = FLOATING
    facts["routes"].append({"dst": "0.0.0.0/0", "dev": "eth0", "metric": 0, "src": "", "via": "192.0.2.1"})
    controller = dataclasses.replace(controller_of(first_start=FOUNDS), ansible_host=ansible_host)
    plan = plan_of(facts, controller, interface=interface)
    assert (plan.refusals, plan.member["peer_url"]) == ([], f"http://{address}:2380")


@pytest.mark.parametrize("facts", [FRESH, CENTOS])
def test_etcdctl_asks_no_proxy(facts):
    command = plan_of(facts, **({"version": "2.3.7"} if facts is CENTOS else {})).etcdctl
    program = command.index("/usr/bin/etcdctl")
    assert "env" in command[: program - 1] and command[program - 1] == "NO_PROXY=*"


# The turn of a member that runs

KEPT = "/var/lib/overlay-etcd/previous"
RUNS = {"client_urls": ["http://192.0.2.11:2379"], "version": "3.5.16", "cluster_version": "3.5.0"}


def test_what_was_kept_goes_when_what_runs_is_as_wanted(running):
    variables, facts = running
    kept = {KEPT: {"exists": True, "type": "directory"}}
    proved = plan_of(changed(facts, kept), controller_of(), **variables)
    assert paths(proved.unwanted) == [KEPT] and not proved.must_restart
    pending = changed(facts, kept, {"drift": [drift_of("ETCD_NAME", "environment")]})
    down = changed(facts, kept, {"active_state": "activating"})
    for state in (pending, down):
        plan = plan_of(state, controller_of(), **variables)
        assert plan.unwanted == [] and plan.must_restart is (state is pending)


def test_everything_is_kept_that_a_turn_may_change():
    kept = set(plan_of(**FILE).kept_paths)
    for variables in ({}, FILE):
        plan = plan_of(**variables)
        assert {item["path"] for item in [*plan.programs, *plan.files]} - {INITIAL} <= kept
    assert {DROP_IN, UNIT_FILE} <= kept and plan.kept == KEPT


def test_a_member_is_reached_as_it_runs_and_not_as_it_will():
    tls = {"cert": "/cert", "key": "/cert", "client_port": 4001}
    there = {"/cert": {"exists": True, "type": "file"}}
    facts = {**changed(FRESH, {**there, **HAS_DATA}, {"active_state": "active"}), "etcd": RUNS}
    plan = plan_of(facts, controller_of(THREE), **tls)
    assert plan.member["client_url"] == "https://192.0.2.11:4001"
    assert (plan.member["endpoint"], plan.member["version"]) == ("http://192.0.2.11:2379", "3.5.16")
    assert [one["endpoint"] for one in plan.members][1:] == ["http://192.0.2.12:2379", "http://192.0.2.13:2379"]
    stopped = plan_of({**changed(facts, {}, {"active_state": "failed"})}, controller_of(THREE), **tls)
    assert (stopped.member["endpoint"], stopped.member["version"]) == ("https://192.0.2.11:4001", "")


@pytest.mark.parametrize(
    ("variables", "packaged", "copied", "path"),
    [
        ({}, False, False, "/usr/bin/etcdctl"),
        ({}, False, True, "/usr/local/bin/etcdctl"),
        ({}, True, True, "/usr/bin/etcdctl"),
        (FILE, False, False, "/usr/local/bin/etcdctl"),
        (FILE, True, False, "/usr/bin/etcdctl"),
        (FILE, True, True, "/usr/local/bin/etcdctl"),
    ],
)
def test_the_etcdctl_that_is_there_before_the_turn(variables, packaged, copied, path):
    packages = {"etcd-client": "3.5.16-4"} if packaged else {}
    facts = facts_of({"/usr/local/bin/etcdctl": {"exists": copied}}, packages=packages)
    assert program(plan_of(facts, **variables)) == path
