# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from ansible_collections.overlay.flannel.plugins.module_utils.flannel.config import check

NET = '"Network":"10.5.0.0/16"'
VXLAN = NET + ',"Backend":{"Type":"vxlan"}'
V6 = ',"EnableIPv6":true,"IPv6Network":"fd00:5::/48"'


def codes(text, version="0.28.10"):
    return [(finding.severity, finding.code) for finding in check(text, version).findings]


@pytest.mark.parametrize(
    ("text", "version"),
    [
        (f"{{{VXLAN}}}", "0.28.10"),
        (f'{{{VXLAN},"EnableNFTables":true}}', "0.25.0"),
        (f'{{{NET},"Backend":{{"Type":"vxlan","VNI":9999,"MTU":1500,"Port":4789}}{V6}}}', "0.28.10"),
        (f'{{{NET},"Backend":{{"Type":"udp"}}}}', "0.7.1"),
        (f'{{{NET},"Backend":{{"Type":"host-gw"}}}}', "0.7.1"),
    ],
)
def test_nothing_to_say(text, version):
    assert codes(text, version) == []


@pytest.mark.parametrize(
    ("text", "version", "severity", "code"),
    [
        (f"{{{NET}}}", "0.28.10", "warning", "backend_absent"),
        (f'{{{NET},"Backend":{{"Type":"extension"}}}}', "0.28.10", "warning", "backend_runs_commands"),
        (f'{{{VXLAN},"Networks":1}}', "0.28.10", "warning", "unknown_key"),
        (f'{{{VXLAN},"subnetlen":24,"SubnetLen":24}}', "0.28.10", "warning", "duplicate_key"),
        (f'{{{NET},"Backend":{{"Type":"vxlan","DirectRoutng":true}}}}', "0.28.10", "warning", "unknown_backend_key"),
        (f'{{{NET},"Backend":{{"Type":"host-gw","VNI":1}}}}', "0.28.10", "warning", "unknown_backend_key"),
        (f'{{{NET},"Backend":{{"Type":"vxlan","vni":1,"VNI":1}}}}', "0.28.10", "warning", "duplicate_key"),
        (f'{{{NET},"Backend":{{"Type":"vxlan","MTU":1400}}}}', "0.21.2", "warning", "key_of_newer_flannel"),
        (f'{{{VXLAN},"EnableNFTables":true}}', "0.24.4", "warning", "key_of_newer_flannel"),
        (f'{{{VXLAN},"EnableIPv6":true}}', "0.14.0", "warning", "key_of_newer_flannel"),
        (f'{{{VXLAN},"SubnetMin":"10.5.9.0","SubnetMax":"10.5.8.0"}}', "0.28.10", "error", "min_above_max"),
        (
            f'{{{VXLAN},"IPv6SubnetMin":"fd00:5:0:9::","IPv6SubnetMax":"fd00:5:0:8::"{V6}}}',
            "0.28.10",
            "error",
            "min_above_max",
        ),
        (f'{{{VXLAN},"EnableIPv4":false{V6}}}', "0.28.10", "error", "ipv4_disabled"),
        ('{"Network":"127.0.0.0/8","Backend":{"Type":"vxlan"}}', "0.28.10", "error", "network_unusable"),
        ('{"Network":"224.5.0.0/16","Backend":{"Type":"vxlan"}}', "0.28.10", "error", "network_unusable"),
        (f'{{{VXLAN},"EnableIPv6":true,"IPv6Network":"fe80::/48"}}', "0.28.10", "error", "network_unusable"),
        (f'{{{VXLAN},"EnableIPv6":true,"IPv6Network":"ff05::/48"}}', "0.28.10", "error", "network_unusable"),
        (
            f'{{{VXLAN},"EnableIPv6":true,"IPv6Network":"10.5.0.0/16","IPv6SubnetLen":112}}',
            "0.28.10",
            "error",
            "network_unusable",
        ),
        (f'{{{NET},"Backend":{{"Type":"vxlan","VNI":10000000}}}}', "0.28.10", "error", "vni_out_of_range"),
        (f'{{{NET},"Backend":{{"Type":"vxlan","VNI":10000}}{V6}}}', "0.28.10", "error", "vni_out_of_range"),
        (f'{{{NET},"Backend":{{"Type":"vxlan","Port":-1}}}}', "0.28.10", "error", "port_out_of_range"),
        (f'{{{NET},"Backend":{{"Type":"vxlan","MTU":0}}}}', "0.28.10", "error", "mtu_out_of_range"),
        (f'{{{NET},"Backend":{{"Type":"vxlan","MTU":70000}}}}', "0.28.10", "error", "mtu_out_of_range"),
        (f'{{{NET},"Backend":{{"Type":"udp","Port":65536}}}}', "0.28.10", "error", "port_out_of_range"),
        (
            f'{{{NET},"Backend":{{"Type":"wireguard","ListenPort":65536}}}}',
            "0.28.10",
            "error",
            "listenport_out_of_range",
        ),
        (f'{{{VXLAN},"SubnetMin":"10.5.3.7"}}', "0.9.1", "error", "subnet_unaligned"),
        (f'{{{VXLAN},"SubnetLen":31}}', "0.9.1", "error", "subnet_len_too_long"),
        (f'{{{VXLAN},"SubnetMax":"10.5.255.128"}}', "0.9.1", "error", "subnet_unaligned"),
        (f'{{{VXLAN},"SubnetMax":"10.5.255.128"}}', "0.9.1", "error", "subnet_outside"),
    ],
)
def test_advice(text, version, severity, code):
    assert (severity, code) in codes(text, version)


def test_the_nearest_key_is_named():
    (finding,) = check(f'{{{NET},"Backend":{{"Type":"vxlan","DirectRoutng":true}}}}').findings
    assert finding.fix == "did you mean DirectRouting?"


def test_the_first_release_is_named():
    (finding,) = check(f'{{{VXLAN},"EnableNFTables":true}}', "0.20.0").findings
    assert "0.25.0" in finding.fix
