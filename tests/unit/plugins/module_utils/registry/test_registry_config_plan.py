# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json

import pytest

from ansible_collections.overlay.flannel.plugins.module_utils.common.errors import RefusedError
from ansible_collections.overlay.flannel.plugins.module_utils.flannel.config_types import NetworkError
from ansible_collections.overlay.flannel.plugins.module_utils.flannel.lease import Lease, parse_key, parse_value
from ansible_collections.overlay.flannel.plugins.module_utils.registry import config_plan as plans

WANTED = {"Network": "10.5.0.0/16", "Backend": {"Type": "vxlan"}}
TEXT = json.dumps(WANTED)


def lease(number=34):
    name = f"10.5.{number}.0-24"
    value = json.dumps({"PublicIP": f"192.0.2.{number}", "BackendType": "vxlan"})
    return Lease(name, parse_key(name), parse_value(value))


@pytest.mark.parametrize(
    ("stored", "before", "changed"),
    [
        (None, None, True),
        (TEXT, WANTED, False),
        ('{"network":"10.5.0.0/16","SubnetLen":24,"BACKEND":{"type":"VXLAN"}}', "stored", False),
        ('{"Network":"10.6.0.0/16","Backend":{"Type":"vxlan"}}', "stored", True),
        ("{broken", "{broken", True),
        ('{"Network":"bad"}', {"Network": "bad"}, True),
    ],
)
def test_present(stored, before, changed):
    plan = plans.plan_present(stored, WANTED, "0.28.10")
    assert plan.changed == changed
    assert plan.before == (json.loads(stored) if before == "stored" else before)
    assert plan.after == (WANTED if changed else plan.before)
    assert plan.write == ('{"Network":"10.5.0.0/16","Backend":{"Type":"vxlan"}}' if changed else None)


def test_bad_configurations_are_not_planned():
    with pytest.raises(NetworkError):
        plans.plan_present(None, {"Network": "10.5.0.0/29"}, "0.28.10")


@pytest.mark.parametrize(("stored", "changed"), [(None, False), (TEXT, True), ("{broken", True)])
def test_absent(stored, changed):
    plan = plans.plan_absent(stored)
    assert (plan.changed, plan.delete, plan.after) == (changed, changed, None)


def test_breaking_changes_are_refused():
    plan = plans.plan_present(TEXT, {**WANTED, "SubnetLen": 25}, "")
    with pytest.raises(RefusedError, match=r"breaks 1 lease.* 10.5.34.0/24 of 192.0.2.34 .*force") as caught:
        plans.refuse_breaking(plan, [lease()])
    assert caught.value.details["leases"] == [
        {"subnet": "10.5.34.0/24", "public_ip": "192.0.2.34", "reason": "10.5.34.0/24 is not of SubnetLen 25"}
    ]


def test_long_lists_are_cut():
    plan = plans.plan_absent(TEXT)
    with pytest.raises(RefusedError, match=r"breaks 12 lease.* and 2 more") as caught:
        plans.refuse_breaking(plan, [lease(number) for number in range(1, 13)])
    assert len(caught.value.details["leases"]) == 12


def test_nothing_breaks_without_leases():
    plans.refuse_breaking(plans.plan_absent(TEXT), [])
    plans.refuse_breaking(plans.plan_present(TEXT, {**WANTED, "SubnetLen": 25}, ""), [])


def test_useless_configurations_are_refused():
    plan = plans.plan_present(None, {**WANTED, "SubnetMin": "10.5.9.0", "SubnetMax": "10.5.8.0"}, "")
    with pytest.raises(RefusedError, match="lies above SubnetMax.*force"):
        plans.refuse_unusable(plan.config.findings)


def test_warnings_are_not_refused():
    plans.refuse_unusable(plans.plan_present(None, {"Network": "10.5.0.0/16"}, "").config.findings)


def test_report():
    plan = plans.plan_present('{"Network":"10.6.0.0/16"}', {"Network": "10.5.0.0/16"}, "0.7.1")
    report = plans.report(plan, "/x/config")
    assert report["changed"] is True
    assert report["before"] == {"Network": "10.6.0.0/16"}
    assert report["normalized"]["Backend"] == {"Type": "udp", "Port": 8285}
    assert [finding["code"] for finding in report["config_warnings"]] == ["backend_absent"]
    assert report["diff"] == {
        "before_header": "/x/config",
        "after_header": "/x/config",
        "before": '{\n  "Network": "10.6.0.0/16"\n}\n',
        "after": '{\n  "Network": "10.5.0.0/16"\n}\n',
    }


def test_report_of_an_absence():
    report = plans.report(plans.plan_absent(None), "/x/config")
    assert "normalized" not in report
    assert (report["diff"]["before"], report["diff"]["after"]) == ("", "")
