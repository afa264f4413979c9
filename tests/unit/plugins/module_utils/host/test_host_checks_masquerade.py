# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from ansible_collections.overlay.flannel.plugins.module_utils.host.checks.masquerade import check_masquerade

DOCKER = "-A POSTROUTING -s 10.43.69.0/24 ! -o docker0 -j MASQUERADE\n"
JUMP = '-A POSTROUTING -m comment --comment "flanneld masq" -j FLANNEL-POSTRTG\n'
OLD = """-A POSTROUTING -s 10.43.0.0/16 -d 10.43.0.0/16 -j RETURN
-A POSTROUTING -s 10.43.0.0/16 ! -d 224.0.0.0/4 -j MASQUERADE
-A POSTROUTING ! -s 10.43.0.0/16 -d 10.43.0.0/16 -j MASQUERADE
"""


def one(context):
    (finding,) = check_masquerade(context)
    return finding


def test_flannel_alone(context):
    assert list(check_masquerade(context)) == []


def test_old_flannel_alone(with_rules):
    assert list(check_masquerade(with_rules((JUMP, OLD)))) == []


@pytest.mark.parametrize(
    ("told", "fix"),
    [
        ("false", "remove --ip-masq=true from docker's own options"),
        ("true", "systemctl restart flanneld; systemctl restart docker"),
        (None, "call mk-docker-opts.sh without -m"),
    ],
)
def test_both(with_rules, told, fix):
    context = with_rules((JUMP, DOCKER + JUMP))
    context.facts["flannel"]["docker_options"] = {"ip_masq": told} if told else {}
    finding = one(context)
    assert (finding.code, finding.severity) == ("masquerade_twice", "error")
    assert DOCKER.strip() in finding.seen
    assert finding.fix.startswith(fix)


def test_docker_alone(with_rules):
    context = with_rules((JUMP, DOCKER))
    context.facts["flannel"]["subnet_env"]["ipmasq"] = False
    finding = one(context)
    assert (finding.code, finding.severity) == ("masquerade_docker", "warning")


def test_a_rule_of_somebody_else(with_rules):
    finding = one(with_rules((JUMP, "-A POSTROUTING -s 10.0.0.0/8 -j MASQUERADE\n" + JUMP)))
    assert (finding.code, finding.fix) == (
        "masquerade_overlay",
        "iptables -w -t nat -D POSTROUTING -s 10.0.0.0/8 -j MASQUERADE",
    )


@pytest.mark.parametrize(
    ("by_flannel", "options", "severity", "fix"),
    [
        (True, {"ip_masq": "false"}, "error", "systemctl restart flanneld"),
        (False, {}, "error", "systemctl restart docker"),
        (False, {"ip_masq": "false"}, "warning", "flanneld with --ip-masq"),
    ],
)
def test_nobody(with_rules, by_flannel, options, severity, fix):
    context = with_rules((JUMP, ""))
    context.facts["flannel"]["subnet_env"]["ipmasq"] = by_flannel
    context.facts["docker"]["options"] = options
    finding = one(context)
    assert (finding.code, finding.severity) == ("masquerade_missing", severity)
    assert finding.fix.startswith(fix)


@pytest.mark.parametrize(
    "change",
    [
        lambda context: context.facts["docker"].update(docker0="172.17.0.1/16"),
        lambda context: context.facts["docker"].update(firewall_backend="nftables"),
        lambda context: context.facts["firewall"].update(forward_policy=None),
        lambda context: context.facts["firewall"].update(nft_chains=[{"table": "flannel-ipv4", "hook": "postrouting"}]),
        lambda context: context.facts.update(routes=[]),
    ],
)
def test_what_cannot_be_told_is_no_finding(with_rules, change):
    context = with_rules((JUMP, ""))
    change(context)
    assert list(check_masquerade(context)) == []


@pytest.mark.parametrize(
    "rules",
    [
        "-A POSTROUTING -m set --match-set a src -j MASQUERADE\n",
        "-A POSTROUTING -m set --match-set a src -j ACCEPT\n" + DOCKER + JUMP,
    ],
)
def test_a_rule_that_is_not_understood(with_rules, rules):
    assert list(check_masquerade(with_rules((JUMP, rules)))) == []
