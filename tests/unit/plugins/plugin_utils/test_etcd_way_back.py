# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a member whose turn has failed gets back what it had."""

from __future__ import annotations

import pytest

from ansible_collections.overlay.flannel.plugins.filter import etcd_way_back as filter_file

way_back = filter_file.FilterModule().filters()["etcd_way_back"]


def says(cluster, server="3.6.14"):
    return {"json": {"etcdserver": server, "etcdcluster": cluster}}


SILENT = {"msg": "connection refused", "status": -1}


@pytest.mark.parametrize(
    ("version", "wanted", "answers", "reason"),
    [
        ("3.6.14", "3.6", [], None),
        ("3.6.14", "3.6", [SILENT], None),
        ("3.5.16", "3.6", [says("3.5.0", "3.5.16"), says("3.5.0", "3.5.16")], None),
        ("3.5.16", "3.6", [says("3.5.0"), SILENT], None),
        (
            "3.5.16",
            "3.6",
            [says("3.6.0"), says("3.6.0")],
            "the cluster runs 3.6 already, whose data etcd 3.5.16 cannot read",
        ),
        (
            "3.5.16",
            "3.6",
            [says("3.5.0"), says("3.6.0")],
            "the cluster runs 3.6 already, whose data etcd 3.5.16 cannot read",
        ),
        ("3.5.16", "3.6", [SILENT], "no other member says whether the cluster still accepts etcd 3.5.16"),
        ("3.5.16", "3.6", [says("not_decided")], "no other member says whether the cluster still accepts etcd 3.5.16"),
        ("3.5.16", "3.6", [], "no other member says whether the cluster still accepts etcd 3.5.16"),
        ("3.5.16", "", [], "no other member says whether the cluster still accepts etcd 3.5.16"),
        ("", "3.6", [says("3.5.0")], "the version that ran before is not known"),
        ("3.7.3", "3.6", [says("3.6.0")], None),
        (
            "3.5.16",
            "3.6",
            [{"json": ["3.5.0"]}, {"skipped": True}],
            "no other member says whether the cluster still accepts etcd 3.5.16",
        ),
    ],
)
def test_way_back(version, wanted, answers, reason):
    assert way_back({"version": wanted}, version, answers) == {"possible": reason is None, "reason": reason or ""}
