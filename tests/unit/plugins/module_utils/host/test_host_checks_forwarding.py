# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from ansible_collections.overlay.flannel.plugins.module_utils.flannel.devices import overlay_devices
from ansible_collections.overlay.flannel.plugins.module_utils.host.checks.forwarding import check_forwarding
from ansible_collections.overlay.flannel.plugins.module_utils.host.facts.firewall import describe, parse
from ansible_collections.overlay.flannel.plugins.plugin_utils.docker_rules import docker_rules

RAW_ACCEPT = '-A PREROUTING -d 10.43.0.0/16 -i flannel.1 -m comment --comment "overlay.flannel" -j ACCEPT\n'
USER_ACCEPT = '-A DOCKER-USER -i flannel.1 -o docker0 -m comment --comment "overlay.flannel" -j ACCEPT\n'
GUARD = '-A DOCKER-USER ! -i docker0 -o docker0 -m comment --comment "overlay.flannel" -j OVERLAY-GUARD\n'
JUMP = "-A FORWARD -j DOCKER-USER\n"
FLANNEL_JUMP = '-A FORWARD -m comment --comment "flanneld forward" -j FLANNEL-FWD\n'
POLICY = (":FORWARD ACCEPT", ":FORWARD DROP")


def one(context):
    (finding,) = check_forwarding(context)
    return finding


@pytest.mark.parametrize("name", ["docker20", "docker26", "docker28"])
def test_a_healthy_host(with_rules, recorded, name):
    """Recorded on hosts that have other subnets: the rules do not depend on it."""
    context = with_rules(text=recorded(f"iptables_save_{name}.txt"), version=name[-2:] + ".1.5")
    assert list(check_forwarding(context)) == []


def test_docker_drops_in_raw(with_rules):
    finding = one(with_rules((RAW_ACCEPT, "")))
    assert finding.code == "docker_rules_missing"
    assert "-A PREROUTING -d 10.43.69.2/32 ! -i docker0 -j DROP" in finding.seen
    assert finding.fix.startswith("iptables -w -t raw -I PREROUTING -d 10.43.0.0/16 -i flannel.1 -j ACCEPT (")


@pytest.mark.parametrize("guard", ["", GUARD])
def test_docker_or_the_guard_drops_in_filter(with_rules, guard):
    finding = one(with_rules((USER_ACCEPT + GUARD, guard)))
    assert finding.code == "docker_rules_missing"
    assert f"chain {'OVERLAY-GUARD' if guard else 'DOCKER'}, by the rule" in finding.seen
    assert finding.fix.startswith("iptables -w -t filter -I DOCKER-USER -i flannel.1 -o docker0 -j ACCEPT (")


def test_the_guard_of_an_older_docker(with_rules):
    finding = one(
        with_rules(
            (RAW_ACCEPT, ""),
            ("-A PREROUTING -d 10.43.69.2/32 ! -i docker0 -j DROP\n", ""),
            (USER_ACCEPT, ""),
            version="26.1",
        )
    )
    assert (finding.code, finding.fix.partition(" (")[0]) == (
        "docker_rules_missing",
        "iptables -w -t filter -I DOCKER-USER -i flannel.1 -o docker0 -j ACCEPT",
    )


def rules_of_the_role(devices, network):
    """What the docker role sets, and nothing else."""
    rules = docker_rules(",".join(devices), network)
    raw = [rule for rule in rules if " PREROUTING " in rule]
    user = [JUMP.strip(), *(rule for rule in rules if " DOCKER-USER " in rule or " OVERLAY-" in rule)]
    names = [f":{name} - [0:0]" for name in ("DOCKER-USER", "OVERLAY-GUARD", "OVERLAY-FORWARD")]
    lines = ["*raw", ":PREROUTING ACCEPT [0:0]", *raw, "COMMIT"]
    lines += ["*filter", ":FORWARD ACCEPT [0:0]", *names, *user, "COMMIT", ""]
    return describe(parse("\n".join(lines), "nft"))


@pytest.mark.parametrize("version", ["26.1.5", "28.5.2"])
@pytest.mark.parametrize("name", ["vxlan_dual", "vxlan_direct", "host_gw", "udp"])
def test_the_rules_of_the_docker_role_let_the_peers_in(recorded_case, name, version):
    context = recorded_case(name)
    context.facts["docker"]["version"] = version
    context.facts["firewall"] = rules_of_the_role(overlay_devices(context.network, "host0"), context.range)
    assert list(check_forwarding(context)) == []


def test_direct_routes_and_rules_without_the_uplink(recorded_case):
    context = recorded_case("vxlan_direct")
    context.facts["docker"]["version"] = "26.1.5"
    context.facts["firewall"] = rules_of_the_role(["flannel.1"], context.range)
    finding = one(context)
    assert finding.code == "docker_rules_missing"
    assert "(host0) to 10.42.84.2 (docker0) is dropped" in finding.seen and "chain OVERLAY-GUARD" in finding.seen


def test_before_there_is_a_container(with_rules):
    finding = one(with_rules((RAW_ACCEPT, ""), ("-A PREROUTING -d 10.43.69.2/32 ! -i docker0 -j DROP\n", "")))
    assert finding.code == "docker_rules_missing"
    assert "is dropped" not in finding.seen


def test_direct_routing_for_everybody_needs_no_rule_in_raw(with_rules):
    context = with_rules((RAW_ACCEPT, ""), ("-A PREROUTING -d 10.43.69.2/32 ! -i docker0 -j DROP\n", ""))
    context.facts["docker"]["options"]["allow_direct_routing"] = "true"
    assert list(check_forwarding(context)) == []


@pytest.mark.parametrize(
    "rule",
    [
        "-A DOCKER-USER -s 10.43.0.0/16 -o docker0 -j DROP",
        "-A FORWARD -i flannel.1 -j REJECT --reject-with icmp-port-unreachable",
        "-A FORWARD -d 10.43.0.0/16 -i docker0 -j REJECT --reject-with icmp-port-unreachable",
    ],
)
def test_a_rule_of_somebody_else(with_rules, rule):
    finding = one(
        with_rules((JUMP, f"{rule}\n{JUMP}") if "-A FORWARD" in rule else (USER_ACCEPT, f"{rule}\n{USER_ACCEPT}"))
    )
    assert finding.code == "forward_blocked"
    assert finding.seen.endswith(f"by the rule {rule}")
    assert finding.fix == f"iptables -w -t filter -D {rule[3:]}"


def test_policy(with_rules):
    bare = [(USER_ACCEPT + GUARD, ""), ("-A DOCKER ! -i docker0 -o docker0 -j DROP\n", ""), POLICY]
    assert list(check_forwarding(with_rules(*bare, version="27.5"))) == []
    finding = one(with_rules((FLANNEL_JUMP, "")))
    assert (finding.code, finding.fix.partition(",")[0]) == ("forward_drop", "systemctl restart flanneld")
    assert "chain FORWARD, by its policy" in finding.seen


@pytest.mark.parametrize(("chain", "fix"), [("ufw-before-forward", "ufw route"), ("FWDI_public", "firewall-cmd")])
def test_front_ends_are_asked_to_mend_what_they_made(with_rules, chain, fix):
    finding = one(
        with_rules(
            (":DOCKER -", f":{chain} - [0:0]\n:DOCKER -"), (JUMP, f"-A FORWARD -j {chain}\n-A {chain} -j DROP\n{JUMP}")
        )
    )
    assert finding.code == "forward_blocked"
    assert finding.fix.startswith(fix)


def test_what_is_not_understood_is_said_so(with_rules):
    rules = "-A FORWARD -m set --match-set good src -j ACCEPT\n-A FORWARD -j DROP\n"
    finding = one(with_rules((JUMP, rules + JUMP)))
    assert (finding.code, finding.severity) == ("forward_unknown", "warning")
    assert "--match-set good" in finding.seen


def test_rules_in_both_variants(with_rules):
    context = with_rules()
    context.facts["firewall"]["chains"] += parse(
        "*filter\n:FORWARD DROP [0:0]\n:FLANNEL-FWD - [0:0]\n-A FLANNEL-FWD -j ACCEPT\n", "legacy"
    )
    drop, mixture = check_forwarding(context)
    assert (drop.code, mixture.code) == ("forward_drop", "iptables_mixture")
    assert "iptables (legacy)" in drop.seen
    assert drop.fix == "iptables-legacy -w -t filter -P FORWARD ACCEPT"


def test_ip_forward(context):
    context.facts["sysctls"]["net.ipv4.ip_forward"] = "0"
    assert one(context).code == "ip_forward_off"


@pytest.mark.parametrize(("name", "codes"), [("vxlan_dual", ["ip_forward_off"]), ("vxlan_direct", [])])
def test_forwarding_of_ipv6(recorded_case, name, codes):
    context = recorded_case(name)
    context.facts["sysctls"]["net.ipv6.conf.all.forwarding"] = "0"
    found = [finding for finding in check_forwarding(context) if finding.code == "ip_forward_off"]
    assert [finding.code for finding in found] == codes
    assert all("net.ipv6.conf.all.forwarding is 0" in finding.seen for finding in found)


@pytest.mark.parametrize(
    ("rule", "codes"), [('iifname "flannel.1" accept', []), ("tcp dport 22 accept", ["forward_nft_drop"])]
)
def test_a_chain_of_nftables(context, rule, codes):
    context.facts["firewall"]["nft_chains"] = [
        {"family": "inet", "table": "mine", "chain": "forward", "hook": "forward", "policy": "drop", "rules": [rule]},
    ]
    assert [finding.code for finding in check_forwarding(context)] == codes


def test_no_rules_could_be_read(context):
    context.facts["firewall"].update(forward_policy=None, chains=[], docker_user=[], raw_prerouting=[])
    assert list(check_forwarding(context)) == []


@pytest.mark.parametrize(("texts", "user", "codes"), [([], 0, []), (["x"], 0, ["firewall_unread"]), (["x"], 1000, [])])
def test_rules_that_were_not_read(context, texts, user, codes):
    context.facts["firewall"]["unread"] = texts
    context.facts["platform"]["user"] = user
    assert [finding.code for finding in check_forwarding(context)] == codes


SIX = "*filter\n:FORWARD {policy} [0:0]\n:DOCKER-USER - [0:0]\n:DOCKER - [0:0]\n{rules}COMMIT\n"


@pytest.mark.parametrize(
    ("rules", "policy", "code", "fix"),
    [
        ("", "ACCEPT", "", ""),
        ("-A FORWARD -i flannel-v6.1 -j ACCEPT\n-A FORWARD -o flannel-v6.1 -j ACCEPT\n", "DROP", "", ""),
        ("-A FORWARD -j DROP\n", "ACCEPT", "forward_blocked", "ip6tables -w -t filter -D FORWARD -j DROP"),
        ("", "DROP", "forward_drop", "systemctl restart flanneld"),
        (
            "-A FORWARD -j DOCKER\n-A DOCKER ! -i docker0 -o docker0 -j DROP\n",
            "ACCEPT",
            "docker_rules_missing",
            "ip6tables -w -t filter -I DOCKER-USER -i flannel-v6.1 -o docker0 -j ACCEPT",
        ),
        (
            "-A FORWARD -m set --match-set x src -j ACCEPT\n-A FORWARD -j DROP\n",
            "ACCEPT",
            "forward_unknown",
            "ip6tables",
        ),
    ],
)
def test_packets_of_ipv6(recorded_case, rules, policy, code, fix):
    """An overlay with both families passes both programs' rules."""
    context = recorded_case("vxlan_dual")
    context.facts["docker"]["version"] = "26.1.5"
    context.facts["firewall"] = rules_of_the_role(overlay_devices(context.network, "host0"), context.range)
    context.facts["firewall"]["chains6"] = describe(parse(SIX.format(policy=policy, rules=rules), "nft"))["chains"]
    found = list(check_forwarding(context))
    assert [finding.code for finding in found] == ([code] if code else [])
    assert all(
        fix in finding.fix and "(flannel-v6.1)" in finding.seen and "ip6tables (nft)" in finding.seen
        for finding in found
    )


def test_an_overlay_without_ipv6_does_not_care(recorded_case):
    context = recorded_case("udp")
    context.facts["docker"]["version"] = "26.1.5"
    context.facts["firewall"] = rules_of_the_role(overlay_devices(context.network, "host0"), context.range)
    blocked = SIX.format(policy="DROP", rules="-A FORWARD -j DROP\n")
    context.facts["firewall"]["chains6"] = describe(parse(blocked, "nft"))["chains"]
    assert list(check_forwarding(context)) == []
