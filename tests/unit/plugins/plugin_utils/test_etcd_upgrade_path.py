# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which releases a cluster passes on its way, and what is missing for it."""

from __future__ import annotations

import itertools

import pytest
from etcd_member import HAS_DATA, controller_of, facts_of, member, plan_of

OWN = [
    {"etcd_version": "3.5.20", "etcd_file_dir": "/old"},
    {"etcd_version": "3.5.35", "etcd_file_dir": "/srv/3.5"},
    {"etcd_version": "3.6.16", "etcd_archive_checksum": "sha256:" + "1" * 64},
]


def plan(running, wanted="3.7.3", others=(), method="file", **variables):
    """Of the first member; the others run those releases."""
    etcd = {"client_urls": ["http://192.0.2.11:2379"], "version": running, "cluster_version": running}
    facts = {**facts_of(HAS_DATA, unit={"active_state": "active"}), "etcd": etcd if running else None}
    members = [member("one", 11)] + [
        member(f"other{number}", number, data=True, version=release) for number, release in enumerate(others, 12)
    ]
    given = {"install_method": method, "file_dir": "/programs" if method == "file" else "", "version": wanted}
    return plan_of(facts, controller_of(members), **{**given, **variables})


def releases(found):
    assert found.upgrade_refusals == []
    return [step["etcd_version"] for step in found.upgrade_steps]


@pytest.mark.parametrize(
    ("running", "wanted", "steps"),
    [
        ("3.4.23", "3.7.3", ["3.5.35", "3.6.16"]),
        ("3.4.23", "3.6.14", ["3.5.35"]),
        ("3.4.23", "3.5.35", []),
        ("3.5.35", "3.7.3", ["3.6.16"]),
        ("3.5.26", "3.6.14", []),
        ("3.5.25", "3.6.14", ["3.5.35"]),
        ("3.5.16", "3.7.3", ["3.5.35", "3.6.16"]),
        ("3.5.16", "3.5.33", []),
        ("3.5.0", "3.6.14", []),
        ("3.6.14", "3.7.3", []),
        ("3.7.3", "3.7.3", []),
        ("3.7.3", "3.6.14", []),
        ("3.6.0-rc.1", "3.7.3", []),
        ("2.3.7", "3.7.3", []),
        ("", "3.7.3", []),
    ],
)
def test_one_release_of_each_minor_version(running, wanted, steps):
    assert releases(plan(running, wanted, upgrade_path=OWN)) == steps


def test_what_counts_is_the_oldest_member():
    assert releases(plan("3.5.35", others=["3.4.23", "3.5.35"], upgrade_path=OWN)) == ["3.5.35", "3.6.16"]
    assert releases(plan("3.6.14", others=["", "3.6.14"], upgrade_path=OWN)) == []


def test_how_each_is_installed():
    folder, archive = plan("3.4.23", upgrade_path=OWN).upgrade_steps
    assert folder == {
        "etcd_version": "3.5.35",
        "etcd_install_method": "file",
        "etcd_file_dir": "/srv/3.5",
        "etcd_archive_url": "",
        "etcd_archive_checksum": "",
    }
    assert (archive["etcd_install_method"], archive["etcd_file_dir"]) == ("archive", "")
    assert archive["etcd_archive_checksum"] == "sha256:" + "1" * 64


def test_archives_with_a_known_checksum_need_not_be_given():
    found = plan("3.4.23", method="archive")
    assert releases(found) == ["3.5.33", "3.6.14"]
    assert found.upgrade_way == ["3.4.23", "3.5.33", "3.6.14", "3.7.3"]
    assert releases(plan("3.4.23", method="archive", upgrade_path=OWN)) == ["3.5.35", "3.6.16"]


@pytest.mark.parametrize(
    ("variables", "value", "allowed"),
    [
        ({}, "(empty)", "a release of 3.6"),
        ({"upgrade_path": OWN[:2]}, "[3.5.20, 3.5.35]", "a release of 3.6"),
        ({"method": "archive", "archive_url": "https://mirror.example/etcd.tar.gz"}, "(empty)", "a release of 3.6"),
    ],
)
def test_a_gap_is_told(variables, value, allowed):
    found = plan("3.5.35", **variables)
    assert found.upgrade_steps == []
    (text,) = found.upgrade_refusals
    assert text.startswith(f"one: etcd_upgrade_path = {value}: allowed: {allowed}, because the cluster runs 3.5.35")
    assert "Fix: add {etcd_version: 3.6.N, etcd_file_dir: FOLDER}" in text


def test_a_release_that_forgets_promotions_is_no_step():
    (text,) = plan("3.4.23", "3.6.14", upgrade_path=OWN[:1]).upgrade_refusals
    assert "a release of 3.5 from 3.5.26 on" in text


def test_a_package_has_no_way():
    found = plan("3.4.23", method="package")
    assert (found.upgrade_steps, found.upgrade_refusals) == ([], [])


def test_two_steps_are_enough_between_releases_that_the_roles_know():
    """The playbook has so many before the last one."""
    known = ["3.4.23", "3.5.16", "3.5.35", "3.6.14", "3.7.3"]
    for running, wanted in itertools.combinations(known, 2):
        assert len(plan(running, wanted, upgrade_path=OWN).upgrade_steps) <= 2
