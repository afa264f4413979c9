# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What remove.yml and uninstall.yml refuse, and what they say before."""

from __future__ import annotations

import pytest

from ansible_collections.overlay.flannel.plugins.filter.removal import removal_name_refusals, removal_summary
from ansible_collections.overlay.flannel.plugins.plugin_utils.removal_request import removal_names, silent

HOSTS = ["a", "b", "c"]
PLAN = {
    "bridge": True,
    "docker": True,
    "remaining": ["flanneld.service is stopped and disabled"],
    "left": [],
    "address": "192.0.2.1",
}
NONE = {"rc": 0, "stdout_lines": []}
DEAD = {"unreachable": True, "msg": "no route to host"}


def members(**healthy):
    found = [
        {"id": name, "name": name, "peer_urls": [f"http://{name}:2380"], "learner": False, "healthy": state}
        for name, state in healthy.items()
    ]
    return {"members": found}


def summary(*names, plan=PLAN, containers=NONE, variables=None, cluster=None, **wishes):
    leaving = {"overlay_removal": plan, "overlay_removal_containers": containers, **(variables or {})}
    hostvars = {name: leaving if name in names else {} for name in HOSTS}
    given = {"cluster": cluster or members(a=True, b=True, c=True), **wishes}
    return removal_summary(list(names), hostvars, HOSTS, given)


@pytest.mark.parametrize(
    ("value", "names"),
    [("a", ["a"]), ("a, b,", ["a", "b"]), (["a", " b ", "a"], ["a", "b"]), ("", []), (None, []), ([], [])],
)
def test_names(value, names):
    assert removal_names(value) == names


@pytest.mark.parametrize(
    ("names", "text"),
    [
        (["a", "x"], "overlay_remove = x: allowed: hosts of the groups etcd, flannel, docker: a, b, c"),
        ([], "overlay_remove = (nothing)"),
        (HOSTS, "uninstall.yml"),
        (["a", "b"], ""),
    ],
)
def test_names_that_cannot_leave(names, text):
    found = removal_name_refusals(names, HOSTS)
    assert len(found) == bool(text) and text in "".join(found)


REFUSED = {
    "container": (
        {"containers": {"rc": 0, "stdout_lines": ["web", "db"]}},
        "containers run on its overlay bridge: web, db",
    ),
    "docker is silent": ({"containers": {"rc": 1, "stderr": "no socket"}}, "docker ps fails: no socket"),
    "dead": ({"plan": DEAD}, "a, which does not answer: no route to host"),
    "dead without an address": ({"plan": DEAD, "dead": True}, "overlay_remove_address"),
    "no plan": ({"plan": {"failed": True, "msg": "become"}}, "facts = become"),
    "not planned": ({"plan": {}}, "facts = nothing was read"),
    "etcd is silent": ({"cluster": {"msg": "connection refused"}}, "etcd = connection refused"),
    "only member": (
        {"cluster": {"msg": "no endpoint"}, "members": ["a"]},
        "a, without which etcd has no member, and b, c need it",
    ),
    "quorum": ({"cluster": members(a=True, b=True, c=False)}, "not healthy: c"),
}


@pytest.mark.parametrize("case", list(REFUSED))
def test_refused(case):
    given, text = REFUSED[case]
    found = summary("a", **given)
    assert len(found["refusals"]) == 1 and text in found["refusals"][0] and "Fix: " in found["refusals"][0]


def test_the_plan_in_its_order():
    found = summary("a", containers={"rc": 0, "stdout_lines": ["web"]}, force=True)
    assert found["refusals"] == [] and found["members"] == [{"id": "a", "name": "a"}]
    assert found["lines"] == [
        "a: leaves the cluster of etcd",
        "a: the container web is stopped",
        "a: flanneld.service is stopped and disabled",
        "a: the lease of 192.0.2.1 is released, and the other hosts forget it",
    ]
    assert (found["living"], found["staying"], found["addresses"]) == (["a"], ["b", "c"], {"a": "192.0.2.1"})


def test_a_dead_host_by_its_address_in_the_inventory():
    found = summary(
        "a", plan=DEAD, dead=True, variables={"ansible_host": "192.0.2.7"}, cluster=members(a=False, b=True, c=True)
    )
    assert found["refusals"] == [] and found["living"] == [] and found["addresses"] == {"a": "192.0.2.7"}
    assert "a: does not answer; nothing is changed on it" in found["lines"]


def test_containers_of_a_plain_docker_are_nobodys_business():
    plain = {**PLAN, "bridge": False, "docker": False, "remaining": []}
    found = summary("a", plan=plain, containers={"rc": 0, "stdout_lines": ["web"]}, cluster=members(b=True, c=True))
    assert found["refusals"] == [] and not any("container" in line for line in found["lines"])


MEMBER = {**PLAN, "member": "a", "data_dir": "/var/lib/etcd/overlay", "units": ["etcd.service"]}
STOPPED = {**MEMBER, "units": []}


@pytest.mark.parametrize(
    ("case", "refused"),
    [
        ({"plan": MEMBER}, False),
        ({"plan": STOPPED}, True),
        ({"plan": STOPPED, "without_snapshot": True}, False),
        ({"plan": STOPPED, "variables": {"overlay_snapshots": {"stdout": "/var/backups/overlay-etcd/1.db"}}}, False),
        ({"plan": {**STOPPED, "member": ""}}, False),
    ],
)
def test_data_without_a_snapshot_are_not_deleted(case, refused):
    found = summary(*HOSTS, all=True, deletes_data=True, **case)
    assert any("overlay_uninstall_data" in text for text in found["refusals"]) is refused
    assert found["snapshot"] == ("a" if case["plan"] is MEMBER else "")


def test_uninstall_needs_every_host():
    found = summary(*HOSTS, all=True, plan=DEAD)
    assert all("remove.yml -e overlay_remove=" in text for text in found["refusals"]) and len(found["refusals"]) == 3


def test_silent_hosts():
    hostvars = {"a": {"overlay_removal": DEAD}, "b": {"overlay_host_info": DEAD}, "c": {"overlay_host_info": {}}}
    assert silent(HOSTS, hostvars) == ["a", "b"]
