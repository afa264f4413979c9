# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import time

import pytest

from ansible_collections.overlay.flannel.plugins.module_utils.host.checks import certificates
from ansible_collections.overlay.flannel.plugins.module_utils.host.checks.context import HostContext
from ansible_collections.overlay.flannel.plugins.module_utils.host.checks.run import check

DAY = 24 * 60 * 60
NOW = 1800000000.0
PATH, KEY = "/etc/etcd/pki/server.crt", "/etc/etcd/pki/server.key"


def fact(days, is_authority=False, now=NOW):
    texts = {"subject": "CN=etcd-1", "common_name": "etcd-1", "issuer": "CN=ca", "serial": "1"}
    return {"not_before": 0.0, "not_after": now + days * DAY, "names": [], "is_authority": is_authority, **texts}


@pytest.mark.parametrize(
    ("found", "code", "severity", "said"),
    [
        ([fact(31)], "", "", ""),
        ([fact(29)], "certificate_file_ends", "warning", "(CN=etcd-1) ends at 2027-02-13T08:00:00Z"),
        ([fact(0)], "certificate_file_ends", "error", "ended at 2027-01-15T08:00:00Z"),
        ([fact(-1)], "certificate_file_ends", "error", "ended"),
        ([fact(40, True), fact(-1, True)], "", "", ""),
        ([fact(29, True), fact(-1, True)], "certificate_file_ends", "warning", "ends"),
        ([fact(-1), fact(40, True)], "certificate_file_ends", "error", "ended"),
        ([], "", "", ""),
        (None, "certificate_file_unreadable", "error", "holds no certificate"),
    ],
)
def test_ends(found, code, severity, said):
    findings = list(certificates.check_ends(HostContext({"certificates": {PATH: found}}), NOW))
    assert [(one.code, one.severity) for one in findings] == ([(code, severity)] if code else [])
    assert all(said in one.seen and PATH in one.seen for one in findings)


GOOD = {"cert": PATH, "exists": True, "fits": True, "mode": "0640", "owner": "root", "group": "etcd"}


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({}, ""),
        ({"fits": False}, f"does not fit {PATH}"),
        ({"exists": False, "mode": ""}, "is not there"),
        ({"mode": "0644"}, "every user of the host can read it"),
        ({"mode": "0604"}, "has the mode 0604"),
    ],
)
def test_keys(change, said):
    facts = {"key_pairs": {KEY: {**GOOD, **change}}, "certificates": {PATH: [fact(90)]}}
    findings = list(certificates.check_keys(HostContext(facts)))
    assert [one.code for one in findings] == (["private_key"] if said else [])
    assert all(said in one.seen and KEY in one.seen for one in findings)


def test_they_are_part_of_the_verdict(facts):
    facts["certificates"] = {PATH: [fact(3, now=time.time())]}
    facts["key_pairs"] = {KEY: {**GOOD, "fits": False}}
    codes = [one.code for one in check(HostContext(facts))]
    assert {"certificate_file_ends", "private_key"} <= set(codes)


def test_where_neither_is_there_neither_is_missed():
    """The query names files before it is known whether the fleet has TLS."""
    facts = {"certificates": {PATH: []}, "key_pairs": {KEY: {**GOOD, "exists": False, "fits": False, "mode": ""}}}
    assert certificates.check_certificates(HostContext(facts)) == []
