# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from ansible_collections.overlay.flannel.plugins.module_utils.common.subprocesses import Output
from ansible_collections.overlay.flannel.plugins.module_utils.host.facts import firewall

# As nft prints them: with tabs.
NFT = """table ip filter {
  chain FORWARD {
    type filter hook forward priority filter; policy drop;
  }
}
table inet mine {
  chain forward {
    type filter hook forward priority filter; policy drop;
  }
  chain helper {
  }
}
""".replace("  ", "\t")
LISTED = """table inet mine {
  chain forward {
    type filter hook forward priority filter; policy drop;
    iifname "flannel.1" accept
  }
}
""".replace("  ", "\t")


@pytest.mark.parametrize("name", ["docker20", "docker26", "docker28"])
def test_recorded_rules(recorded, name):
    found = firewall.describe(firewall.parse(recorded(f"iptables_save_{name}.txt"), "nft"))
    assert (found["forward_policy"], found["flannel_forward"], found["docker_chain"]) == ("ACCEPT", True, True)
    assert len(found["raw_prerouting"]) == (2 if name == "docker28" else 1)
    assert "overlay.flannel" in found["docker_user"][0]
    names = {(chain["table"], chain["chain"]) for chain in found["chains"]}
    assert {("raw", "PREROUTING"), ("filter", "DOCKER"), ("nat", "FLANNEL-POSTRTG")} <= names
    assert ("nat", "DOCKER") not in names
    assert ("filter", "INPUT") in names


def test_without_a_table_everything_is_accepted():
    assert firewall.describe([]) == dict(firewall.nothing(), forward_policy="ACCEPT")


@pytest.fixture
def programs(monkeypatch):
    """Which programs there are: names and where they lead to."""

    def install(*names, legacy_tables=None):
        monkeypatch.setattr(firewall, "where", lambda name: f"/sbin/{name}" if name in names else None)
        monkeypatch.setattr(firewall, "variant_of", lambda program: firewall.NFT)
        monkeypatch.setattr(firewall, "read_text", lambda path: legacy_tables)

    return install


def test_no_iptables(programs):
    programs()
    assert firewall.read_firewall(lambda argv: Output(127)) == firewall.nothing()


def test_not_allowed(programs):
    programs("iptables-save")
    found = firewall.read_firewall(lambda argv: Output(4, "", "you must be\n root"))
    assert found == {**firewall.nothing(), "unread": ["iptables-save fails (exit code 4): you must be root"]}


def test_a_table_in_which_nft_has_written(programs):
    """As iptables 1.8.11 prints it, with exit code 0."""
    programs("iptables-save")
    others = "*filter\n:FORWARD ACCEPT [0:0]\nCOMMIT\n"
    found = firewall.read_firewall(
        lambda argv: Output(0, "# Table `mangle' is incompatible, use 'nft' tool.\n" + others)
    )
    assert found["forward_policy"] == "ACCEPT"
    text = "iptables-save leaves out the table mangle of iptables, because nft has written rules there"
    assert found["unread"] == [text]
    found = firewall.read_firewall(lambda argv: Output(0, "# Table `filter' is incompatible, use 'nft' tool.\n"))
    assert (found["forward_policy"], len(found["unread"])) == (None, 1)


@pytest.mark.parametrize(("legacy_tables", "variants"), [("", ["nft"]), ("filter\n", ["nft", "legacy"])])
def test_the_other_variant_is_asked_where_it_has_tables(programs, legacy_tables, variants):
    programs("iptables-save", "iptables-legacy-save", legacy_tables=legacy_tables)
    text = "*filter\n:FORWARD ACCEPT [0:0]\nCOMMIT\n"
    found = firewall.read_firewall(lambda argv: Output(0, text))
    assert [chain["variant"] for chain in found["chains"]] == variants


@pytest.mark.parametrize("ipv6", [False, True])
def test_rules_of_ipv6_only_where_the_overlay_has_it(programs, ipv6):
    programs("iptables-save", "ip6tables-save")
    answers = {
        "iptables-save": "*filter\n:FORWARD ACCEPT [0:0]\nCOMMIT\n",
        "ip6tables-save": "*filter\n:FORWARD DROP [0:0]\n",
    }
    found = firewall.read_firewall(lambda argv: Output(0, answers[argv[0].rpartition("/")[2]]), ipv6)
    assert found["forward_policy"] == "ACCEPT" and found["unread"] == []
    assert [(chain["chain"], chain["policy"]) for chain in found["chains6"]] == [("FORWARD", "DROP")] * ipv6


def test_rules_of_ipv6_that_cannot_be_read(programs):
    programs("iptables-save", "ip6tables-save")
    text = "*filter\n:FORWARD ACCEPT [0:0]\nCOMMIT\n"
    found = firewall.read_firewall(
        lambda argv: Output(3, "", "no such table") if "ip6" in argv[0] else Output(0, text), ipv6=True
    )
    assert found["forward_policy"] == "ACCEPT"
    assert found["unread"] == ["ip6tables-save fails (exit code 3): no such table"]


def test_chains_that_grow_with_the_hosts_are_left_out():
    text = "*raw\n:PREROUTING ACCEPT [0:0]\n:OVERLAY-PEERS - [0:0]\n:OVERLAY-PEERS-0 - [0:0]\n-A PREROUTING -p udp -j OVERLAY-PEERS\n"
    text += "-A OVERLAY-PEERS -g OVERLAY-PEERS-0\n-A OVERLAY-PEERS-0 -s 192.0.2.2/32 -j RETURN\n"
    found = firewall.describe(firewall.parse(text, "nft"))
    assert [chain["chain"] for chain in found["chains"]] == ["PREROUTING"]
    assert found["raw_prerouting"] == ["-A PREROUTING -p udp -j OVERLAY-PEERS"]


def test_nftables(programs):
    programs("iptables-save", "nft")
    found = firewall.read_firewall(
        lambda argv: Output(0, {"chains": NFT, "chain": LISTED}.get(argv[2], "") if argv[0] == "nft" else "")
    )
    (chain,) = found["nft_chains"]
    assert (chain["family"], chain["table"], chain["hook"], chain["policy"]) == ("inet", "mine", "forward", "drop")
    assert 'iifname "flannel.1" accept' in chain["rules"]


def test_variant(tmp_path):
    for target, variant in (
        ("xtables-nft-multi", "nft"),
        ("xtables-legacy-multi", "legacy"),
        ("iptables-save", "legacy"),
    ):
        link = tmp_path / variant / target
        link.parent.mkdir(exist_ok=True)
        link.touch()
        assert firewall.variant_of(str(link)) == variant
