# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest
from migration_case import CONFIG, DAY, case, value

from ansible_collections.overlay.flannel.plugins.module_utils.registry.migration import Write
from ansible_collections.overlay.flannel.plugins.module_utils.registry.migration_plan import make_plan
from ansible_collections.overlay.flannel.plugins.module_utils.registry.migration_result import report

ONE, TWO = ("10.5.1.0-24", "192.0.2.1", 40000), ("10.5.2.0-24", "192.0.2.2", 80000)
MEANT_ALIKE = '{"SubnetLen":24,"backend":{"type":"vxlan"},"network":"10.5.0.0/16"}'
ANOTHER = '{"Network":"10.6.0.0/16","Backend":{"Type":"vxlan"}}'
OLDER, OTHER_MAC = 300, value("192.0.2.1", "82:5c:0f:44:55:66")


def codes(plan):
    return [finding.code for finding in plan.conflicts]


def test_everything_at_first_and_the_configuration_last():
    plan = make_plan(case([TWO, ONE]))
    assert plan.writes == [
        Write("/new/subnets/10.5.1.0-24", value("192.0.2.1"), 0, DAY),
        Write("/new/subnets/10.5.2.0-24", value("192.0.2.2"), 0, DAY),
        Write("/new/config", CONFIG, 0),
    ]
    assert (plan.changed, plan.removals, plan.conflicts) == (True, [], [])


def test_a_reservation_stays_one():
    assert make_plan(case([("10.5.1.0-24", "192.0.2.1", None)])).writes[0].ttl == 0


@pytest.mark.parametrize("text", [CONFIG, MEANT_ALIKE])
def test_nothing_is_left_to_do(text):
    plan = make_plan(case([ONE], [ONE[:2] + (DAY,)], target_config=text))
    assert (plan.changed, plan.conflicts, plan.steps[0].action) == (False, [], "kept")


NAME = "10.5.1.0-24"


@pytest.mark.parametrize(
    ("v2", "v3", "action", "code"),
    [
        # told by v2, seconds left; told by v3, seconds left
        (("192.0.2.1", 9000), ("192.0.2.1", DAY // 2), "kept", None),
        (("192.0.2.1", 9000), ("192.0.2.1", DAY // 2 - 1), "renewed", None),
        (("192.0.2.1", 9000), ("192.0.2.1", None), "renewed", None),
        (("192.0.2.1", DAY), (OTHER_MAC, DAY - OLDER), "updated", None),
        (("192.0.2.1", DAY), (OTHER_MAC, None), "updated", None),
        (("192.0.2.1", DAY - OLDER), (OTHER_MAC, DAY), "replaced", "target_lease_differs"),
        (("192.0.2.1", DAY), ("192.0.2.7", 9), "replaced", "target_lease_differs"),
        (("192.0.2.1", DAY), ("{broken", DAY), "updated", None),
        (("192.0.2.1", None), ("192.0.2.1", None), "kept", None),
        (("192.0.2.1", None), ("192.0.2.1", 5), "kept", None),
        (("192.0.2.1", None), (OTHER_MAC, 5), "kept", None),
        (("192.0.2.1", None), (OTHER_MAC, None), "updated", None),
        (("{broken", DAY), ("192.0.2.1", DAY), "skipped", "target_lease_foreign"),
    ],
)
def test_what_v3_has_already(v2, v3, action, code):
    plan = make_plan(case([(NAME, *v2)], [(NAME, *v3)], target_config=CONFIG))
    assert plan.steps[0].action == action
    assert codes(plan) == ([code] if code else [])
    assert [write.revision for write in plan.writes] == ([] if action in ("kept", "skipped") else [6])


def test_a_host_that_runs_on_v3_keeps_its_own():
    there = [(NAME, OTHER_MAC, 9), ("10.5.9.0-24", "192.0.2.2", DAY)]
    plan = make_plan(case([ONE], there, target_config=CONFIG, hosts=("0.28.10", "0.28.10")))
    assert (plan.changed, codes(plan), plan.steps[0].action) == (False, [], "kept")


@pytest.mark.parametrize(
    ("extra", "code", "removed"),
    [
        (("10.5.9.0-24", "192.0.2.9", DAY), "target_lease_foreign", False),
        (("10.5.9.0-24", "192.0.2.1", DAY), "target_lease_in_the_way", True),
        (("10.5.1.128-25", "192.0.2.9", DAY), "target_lease_in_the_way", True),
        (("10.5.0.0-20", "192.0.2.9", DAY), "target_lease_in_the_way", True),
        (("10.5.1.0-24&fd00::-64", "192.0.2.9", DAY), "target_lease_in_the_way", True),
    ],
)
def test_leases_that_only_v3_has(extra, code, removed):
    plan = make_plan(case([ONE], [extra]))
    assert codes(plan) == [code]
    assert [entry.key for entry in plan.removals] == ([f"/new/subnets/{extra[0]}"] if removed else [])


def test_ipv6_subnets_collide_too():
    plan = make_plan(case([("10.5.1.0-24&fd00::-64", "192.0.2.1", DAY)], [("10.5.9.0-24&fd00::-64", "192.0.2.9", DAY)]))
    assert codes(plan) == ["target_lease_in_the_way"]


@pytest.mark.parametrize("text", [ANOTHER, "{broken"])
def test_another_configuration(text):
    plan = make_plan(case([], target_config=text))
    assert codes(plan) == ["target_config_differs"]
    assert plan.writes == [Write("/new/config", CONFIG, 5)]


def test_the_report():
    told = case([ONE, ("x10.5.7.0-24", "192.0.2.7", 9)], [("10.5.9.0-24", "192.0.2.1", 7)], target_config=ANOTHER)
    result = report(told, make_plan(told), [])
    assert result["changed"]
    assert (result["config"]["Network"], result["config_action"]) == ("10.5.0.0/16", "replaced")
    assert [(one["host"], one["action"], one["reserved"]) for one in result["leases"]] == [
        ("n1", "copied", False),
        ("", "skipped", False),
    ]
    assert result["removed"] == ["/new/subnets/10.5.9.0-24"]
    assert '"lasts": "12 hours or more"' in result["diff"]["after"]
    assert '"lasts": "less than 12 hours"' in result["diff"]["before"]
    assert "10.5.9.0-24" in result["diff"]["before"]
    assert "10.5.9.0-24" not in result["diff"]["after"]


@pytest.mark.parametrize(
    ("hosts", "first"),
    [
        (("0.15.1", "0.15.1", ""), "Stop flanneld on n1, n2: "),
        (("", ""), "Set flannel_version to 0.28.10 "),
        (("0.28.10", ""), "Run overlay.flannel.verify. "),
    ],
)
def test_next_steps(hosts, first):
    told = case([ONE], hosts=hosts)
    assert report(told, make_plan(told), [])["next_steps"][0].startswith(first)
