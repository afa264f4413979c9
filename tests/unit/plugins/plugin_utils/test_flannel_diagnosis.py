# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from ansible_collections.overlay.flannel.plugins.plugin_utils.flannel_diagnosis import (
    UNKNOWN,
    flannel_diagnosis,
    journal_end,
)

SECRET = "hush"
LOG = [
    f"I1126 16:00:00.000000       9 main.go:211] CLI flags config: {{etcdPassword:{SECRET}}}",
    "E1126 16:00:01.000000       9 main.go:9] Failed to create SubnetManager: no etcd",
    "E1126 16:00:02.000000       9 main.go:9] Failed to create SubnetManager: no etcd",
    "timed out",
]
EVIDENCE = {
    "host": "h",
    "reason": "flanneld.service is activating",
    "timeout": 60,
    "unit": {"active_state": "activating", "result": "exit-code", "restarts": 3},
    "endpoints": ["http://192.0.2.1:2379"],
    "answers": ["Status code was -1 and not [200]: Request failed: <urlopen error timed out>"],
    "prefix": "/flannel/network",
    "interface": "192.0.2.7",
}


def cause(*lines, **evidence):
    text = flannel_diagnosis(lines, {**EVIDENCE, "answers": [""], **evidence})
    return text.partition("Likely cause: ")[2].partition(".\n")[0]


def test_all_that_is_known_is_in_the_text():
    text = flannel_diagnosis(LOG, EVIDENCE)
    assert text.startswith("h: flannel is not ready after 60 s: flanneld.service is activating\n")
    assert "(unit activating, result exit-code, 3 restarts)" in text
    assert "etcd: http://192.0.2.1:2379: Request failed: <urlopen error timed out>." in text
    assert text.endswith("journal ends with: Failed to create SubnetManager: no etcd\n")


def test_the_lines_with_flags_are_left_out():
    assert SECRET not in flannel_diagnosis(LOG, EVIDENCE)


def test_keys_of_etcd_in_the_journal_are_shown():
    assert r"bad key a\x1b[2J" in flannel_diagnosis(["W1126 16:00:01.0 9 main.go:9] bad key a\x1b[2J"], EVIDENCE)
    assert r"etcd: http://192.0.2.1:2379: no\x0achanged" in flannel_diagnosis(
        [], {**EVIDENCE, "answers": ["no\nchanged"]}
    )


def test_only_the_last_lines_are_shown():
    assert journal_end(f"line {number}" for number in range(20)) == [f"line {number}" for number in range(12, 20)]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("Couldn't fetch network config: Key not found", "no network configuration at /flannel/network/config"),
        ("error: context deadline exceeded", "etcd does not answer at http://192.0.2.1:2379"),
        ("x509: certificate signed by unknown authority", "do not accept each other's certificates"),
        ("etcdserver: permission denied", "the user may not write below /flannel/network/"),
        ("out of subnets", "every subnet of the network is leased"),
        ("Failed to find any valid interface to use", "flannel_interface = 192.0.2.7 no longer exists"),
        ("Failed to check br_netfilter", "br_netfilter is not loaded"),
        ("operation not supported", "cannot create the device of the backend"),
        ("Failed to setup masq rules", "the firewall rules could not be set"),
        ("already exists with incompatible addresses", "an old device conflicts"),
        ("the route 'x' leads the host's own containers away", "leads the host's own subnet elsewhere"),
        ("client: response is invalid json", "does not serve the API v2"),
        ("something else", UNKNOWN),
    ],
)
def test_causes(line, words):
    assert words in cause(f"E1126 16:00:01.000000       9 main.go:9] {line}")


def test_what_etcd_answers_counts_as_well():
    assert "etcd does not answer" in cause(answers=["Request failed: connection refused"])


def test_the_first_cause_counts():
    assert "no network configuration" in cause("connection refused", "flannel config not found")
