# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json
import pathlib

import pytest

from ansible_collections.overlay.flannel.plugins.module_utils.host.checks.context import HostContext
from ansible_collections.overlay.flannel.plugins.module_utils.host.facts import firewall as firewall_facts

FIXTURES = pathlib.Path(__file__).parent / "fixtures"


@pytest.fixture
def recorded():
    """What a real program has printed."""
    return lambda name: (FIXTURES / name).read_text()


@pytest.fixture
def healthy(recorded):
    """What host_info saw on a healthy host with docker 28.5 (look), and the leases in etcd (leases)."""
    return json.loads(recorded("healthy_host.json"))


@pytest.fixture
def facts(healthy):
    return healthy["facts"]


@pytest.fixture
def context(healthy):
    return HostContext(healthy["facts"], healthy["leases"])


@pytest.fixture
def recorded_case(recorded, facts):
    """What host_info saw with another backend, beside the rest of a healthy host."""

    def make(name):
        seen = json.loads(recorded("backends.json"))[name]
        network, leases = seen.pop("network"), seen.pop("leases")
        return HostContext({**facts, **seen}, leases, network, address="172.72.42.11")

    return make


@pytest.fixture
def with_rules(context):
    """The case with other firewall rules: those of the healthy host's chains after an edit of their text."""

    def edit(*edits, text=None, **docker):
        text = text or printed(context.facts["firewall"]["chains"])
        for old, new in edits:
            assert old in text
            text = text.replace(old, new)
        context.facts["firewall"] = firewall_facts.describe(firewall_facts.parse(text, "nft"))
        context.facts["docker"].update(docker)
        return context

    return edit


def printed(chains):
    """As iptables-save prints them."""
    tables = dict.fromkeys(chain["table"] for chain in chains)
    return "".join(
        f"*{table}\n"
        + "".join(f":{c['chain']} {c['policy'] or '-'} [0:0]\n" for c in chains if c["table"] == table)
        + "".join(f"{rule}\n" for c in chains if c["table"] == table for rule in c["rules"])
        + "COMMIT\n"
        for table in tables
    )
