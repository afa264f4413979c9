# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""flannel's verdicts, per release, as facts of its source tell them."""

from __future__ import annotations

import json
import re

import pytest

from ansible_collections.overlay.flannel.plugins.module_utils.flannel.config import check, check_dict, encode, problems
from ansible_collections.overlay.flannel.plugins.module_utils.flannel.config_types import NetworkError

NEW, SPLIT, STRICT, DUAL, ALIGNED, OLD = "0.28.10", "0.20.0", "0.19.2", "0.15.0", "0.10.0", "0.7.1"
NET = '"Network":"10.5.0.0/16","Backend":{"Type":"vxlan"}'
DUAL_NET = NET + ',"EnableIPv6":true,"IPv6Network":"fd00:5::/48"'


def normal(text, version=NEW):
    return check(text, version).to_dict()


@pytest.mark.parametrize(
    ("version", "text", "length", "low", "high"),
    [
        (NEW, f"{{{NET}}}", 24, "10.5.1.0", "10.5.255.0"),
        (NEW, f'{{{NET},"SubnetLen":20}}', 20, "10.5.16.0", "10.5.240.0"),
        (NEW, f'{{{NET},"SubnetMin":"10.5.16.0","SubnetMax":"10.5.32.0"}}', 24, "10.5.16.0", "10.5.32.0"),
        (NEW, f'{{{NET},"SubnetMin":"10.5.0.0"}}', 24, "10.5.0.0", "10.5.255.0"),
        (NEW, f'{{{NET},"SubnetMin":"0.0.0.0"}}', 24, "10.5.1.0", "10.5.255.0"),
        (NEW, f'{{{NET},"SubnetMin":"::ffff:10.5.16.0"}}', 24, "10.5.16.0", "10.5.255.0"),
        (NEW, f'{{{NET},"SubnetLen":0}}', 24, "10.5.1.0", "10.5.255.0"),
        (NEW, '{"Network":"10.5.1.1/016","Backend":{"Type":"VXLAN"}}', 24, "10.5.1.0", "10.5.255.0"),
        (NEW, '{"network":"10.5.0.0/23","backend":{"tYpE":"vxlan"}}', 25, "10.5.0.128", "10.5.1.128"),
        (NEW, '{"Network":"10.5.0.0/28","Backend":{"Type":"vxlan"}}', 30, "10.5.0.4", "10.5.0.12"),
        (NEW, '{"Network":"255.0.0.0/8","Backend":{"Type":"vxlan"}}', 24, "255.0.1.0", "255.255.255.0"),
        (
            NEW,
            '{"Network":"10.0.0.0/8","Network":"10.5.0.0/16","Backend":{"Type":"vxlan"}}',
            24,
            "10.5.1.0",
            "10.5.255.0",
        ),
        (OLD, f"{{{NET}}}", 24, "10.5.1.0", "10.5.255.0"),
        (OLD, '{"Network":"10.5.0.0/24"}', 25, "10.5.0.128", "10.5.0.128"),
        (OLD, '{"Network":"10.5.0.0/30"}', 31, "10.5.0.2", "10.5.0.2"),
        (OLD, f'{{{NET},"SubnetMin":"10.5.3.7"}}', 24, "10.5.3.7", "10.5.255.0"),
        (OLD, f'{{{NET},"SubnetLen":16}}', 16, "10.6.0.0", "10.5.0.0"),
        (OLD, f'{{{NET},"SubnetLen":40}}', 40, "10.5.0.0", "10.6.0.0"),
        (OLD, "{}", 24, "0.0.1.0", "255.255.255.0"),
        ("0.19.1", "null", 24, "0.0.1.0", "255.255.255.0"),
    ],
)
def test_ranges(version, text, length, low, high):
    found = normal(text, version)
    assert (found["SubnetLen"], found["SubnetMin"], found["SubnetMax"]) == (length, low, high)


@pytest.mark.parametrize(
    ("extra", "length", "low", "high"),
    [
        ("", 64, "fd00:5:0:1::", "fd00:5:0:ffff::"),
        (',"IPv6SubnetLen":56', 56, "fd00:5:0:100::", "fd00:5:0:ff00::"),
        (',"IPv6SubnetMin":"fd00:5:0:10::","IPv6SubnetMax":null', 64, "fd00:5:0:10::", "fd00:5:0:ffff::"),
        (',"IPv6SubnetMin":"::"', 64, "fd00:5:0:1::", "fd00:5:0:ffff::"),
    ],
)
def test_ranges_of_ipv6(extra, length, low, high):
    found = normal(f"{{{DUAL_NET}{extra}}}")
    assert (found["IPv6SubnetLen"], found["IPv6SubnetMin"], found["IPv6SubnetMax"]) == (length, low, high)


REFUSED = [
    (NEW, "{", "config", "^unexpected end of JSON input$"),
    (NEW, "\ufeff{}", "config", "^invalid character 'ï' looking for beginning of value$"),
    (NEW, '{"Network":"10.5.0.0/16",}', "config", "^invalid character '}' looking for beginning of object key string$"),
    (NEW, "[" * 10001, "config", "^invalid character '\\[' exceeded max depth$"),
    (NEW, "[]", "config", "cannot unmarshal array into Go value of type subnet.Config"),
    (NEW, "null", "Network", "please define a correct Network parameter"),
    (STRICT, "{}", "Network", "Please define a correct Network parameter"),
    (NEW, '{"Network":"0.0.0.0/0"}', "Network", "please define a correct Network"),
    (NEW, '{"Network":null}', "Network", "invalid CIDR address: null"),
    (NEW, '{"Network":"10.5.0.0"}', "Network", "invalid CIDR address: 10.5.0.0"),
    (NEW, '{"Network":"10.5.0.0/33"}', "Network", "invalid CIDR address"),
    (NEW, '{"Network":"010.5.0.0/16"}', "Network", "invalid CIDR address"),
    (NEW, r'{"Network":"10.5.0.0\/16"}', "Network", r"invalid CIDR address: 10.5.0.0\\/16"),
    (NEW, '{"Network":10}', "Network", "invalid CIDR address: 10"),
    (NEW, '{"Network":"fd00::/48"}', "Network", "invalid IPv4 CIDR format"),
    ("0.28.8", '{"Network":"fd00::/48"}', "Network", "panics: Address is not an IPv4 address"),
    (NEW, '{"Network":"::ffff:10.5.0.0/112"}', "Network", "too small"),
    (NEW, '{"Network":"::ffff:10.5.0.0/90"}', "Network", "invalid IPv4 CIDR format"),
    (NEW, '{"Network":"10.5.0.0/29"}', "Network", "network is too small. Minimum useful network prefix is /28"),
    (ALIGNED, '{"Network":"10.5.0.0/29"}', "Network", "Network is too small. Minimum useful network prefix is /28"),
    (NEW, f'{{{NET},"SubnetLen":31}}', "SubnetLen", "SubnetLen must be less than /31"),
    (NEW, f'{{{NET},"SubnetLen":17}}', "SubnetLen", "network must be able to accommodate at least four subnets"),
    (STRICT, f'{{{NET},"SubnetLen":17}}', "SubnetLen", "Network must be able to accommodate"),
    (OLD, f'{{{NET},"SubnetLen":15}}', "SubnetLen", "HostSubnet is larger network than Network"),
    (
        NEW,
        f'{{{NET},"SubnetLen":"24"}}',
        "SubnetLen",
        "cannot unmarshal string into Go struct field Config.SubnetLen of type uint",
    ),
    (NEW, f'{{{NET},"EnableIPv4":"yes"}}', "EnableIPv4", "of type bool"),
    (NEW, f'{{{NET},"SubnetMin":""}}', "SubnetMin", "invalid IP address format"),
    ("0.27.4", f'{{{NET},"SubnetMin":null}}', "SubnetMin", "Invalid IP address format"),
    (NEW, f'{{{NET},"SubnetMin":"fd00::"}}', "SubnetMin", "invalid IPv4 address format"),
    ("0.28.8", f'{{{NET},"SubnetMin":"fd00::"}}', "SubnetMin", "panics"),
    (NEW, f'{{{NET},"SubnetMin":"10.6.0.0"}}', "SubnetMin", "SubnetMin is not in the range of the Network"),
    (NEW, f'{{{NET},"SubnetMax":"10.4.0.0"}}', "SubnetMax", "SubnetMax is not in the range of the Network"),
    (NEW, f'{{{NET},"SubnetMin":"10.5.3.7"}}', "SubnetMin", "SubnetMin is not on a SubnetLen boundary: 10.5.3.7"),
    (NEW, f'{{{NET},"SubnetMax":"10.5.3.128"}}', "SubnetMax", "SubnetMax is not on a SubnetLen boundary: 10.5.3.128"),
    (NEW, f'{{{NET},"EnableIPv6":true}}', "IPv6Network", "please define a correct IPv6Network parameter"),
    (DUAL, f'{{{NET},"EnableIPv6":true}}', "IPv6Network", "panics"),
    (NEW, f'{{{NET},"IPv6Network":"10.5.0.0/16","EnableIPv6":true}}', "IPv6SubnetMin", "not on a SubnetLen boundary"),
    (
        NEW,
        f'{{{NET},"IPv6Network":"10.0.0.0/0","IPv6SubnetLen":96,"EnableIPv6":true}}',
        "IPv6Network",
        "IPv6SubnetMax is not on a SubnetLen boundary",
    ),
    (
        NEW,
        f'{{{NET},"IPv6Network":"0.0.0.0/0","IPv6SubnetLen":95,"EnableIPv6":true}}',
        "IPv6SubnetMin",
        "IPv6SubnetMin is not on a SubnetLen boundary: ::1:1:0:0",
    ),
    (NEW, f'{{{DUAL_NET},"IPv6SubnetLen":127}}', "IPv6SubnetLen", "SubnetLen must be less than /127"),
    (NEW, f'{{{DUAL_NET},"IPv6SubnetLen":49}}', "IPv6SubnetLen", "network must be able to accommodate"),
    (NEW, f'{{{DUAL_NET},"IPv6SubnetMin":"fd00:6::"}}', "IPv6SubnetMin", "not in the range of the IPv6Network"),
    (
        NEW,
        f'{{{DUAL_NET},"IPv6SubnetMax":"fd00:5::1"}}',
        "IPv6SubnetMax",
        "IPv6SubnetMax is not on a SubnetLen boundary: fd00:5::1",
    ),
    (NEW, f'{{{DUAL_NET},"IPv6SubnetMin":""}}', "IPv6SubnetMin", "invalid IP address format"),
    (
        NEW,
        f'{{{NET},"IPv6Network":"fd00::/125","EnableIPv6":true}}',
        "IPv6Network",
        "IPv6Network is too small. Minimum useful network prefix is /124",
    ),
    (NEW, f'{{{NET},"EnableIPv4":false}}', "EnableIPv4", "none defined stack"),
    (NEW, '{"Network":"10.5.0.0/16","Backend":[]}', "Backend", "error decoding Backend property of config"),
    (
        NEW,
        '{"Network":"10.5.0.0/16","Backend":{"Type":5}}',
        "Backend.Type",
        "error decoding Backend property of config",
    ),
    (NEW, '{"Network":"10.5.0.0/16","Backend":{}}', "Backend.Type", "unknown backend type: $"),
    (NEW, '{"Network":"10.5.0.0/16","Backend":null}', "Backend.Type", "unknown backend type: $"),
    (NEW, '{"Network":"10.5.0.0/16","Backend":{"Type":" vxlan"}}', "Backend.Type", "unknown backend type:  vxlan"),
    (NEW, '{"Network":"10.5.0.0/16","Backend":{"Type":"gce"}}', "Backend.Type", "unknown backend type: gce"),
    (OLD, '{"Network":"10.5.0.0/16","Backend":{"Type":"ipip"}}', "Backend.Type", "unknown backend type: ipip"),
    ("0.15.1", '{"Network":"10.5.0.0/16","Backend":{"Type":"wireguard"}}', "Backend.Type", "unknown backend type"),
    (
        NEW,
        '{"Network":"10.5.0.0/16","Backend":{"Type":"vxlan","VNI":"1"}}',
        "Backend.VNI",
        "error decoding VXLAN backend config: json",
    ),
    (
        NEW,
        '{"Network":"10.5.0.0/16","Backend":{"Type":"udp","Port":null,"port":"1"}}',
        "Backend.Port",
        "error decoding UDP backend config",
    ),
    (
        NEW,
        '{"Network":"10.5.0.0/16","Backend":{"Type":"wireguard","Mode":"Auto"}}',
        "Backend.Mode",
        "no valid Mode configured",
    ),
    (
        NEW,
        '{"Network":"10.5.0.0/16","Backend":{"Type":"wireguard","PSK":"geheim"}}',
        "Backend.PSK",
        "could not parse psk",
    ),
    (
        NEW,
        '{"Network":"10.5.0.0/16","Backend":{"Type":"ipsec","PSK":"geheim"}}',
        "Backend.PSK",
        "password is too short",
    ),
    (
        NEW,
        '{"Network":"10.5.0.0/16","Backend":{"Type":"extension","PreStartupCommand":"  "}}',
        "Backend.PreStartupCommand",
        "panics",
    ),
    (
        NEW,
        '{"Network":"10.5.0.0/16","Backend":{"Type":"extension","PostStartupCommand":"\\u2003"}}',
        "Backend.PostStartupCommand",
        "panics",
    ),
    (NEW, f'{{{DUAL_NET},"EnableIPv4":false,"Backend":{{"Type":"udp"}}}}', "EnableIPv4", "panics"),
    (OLD, '{"Network":"fd00::/48"}', "Network", "panics: index out of range"),
    ("0.12.0", f'{{{NET},"SubnetMin":"fd00::"}}', "SubnetMin", "panics: index out of range"),
    (DUAL, f'{{{NET},"EnableIPv6":true,"IPv6SubnetLen":127}}', "IPv6SubnetLen", "SubnetLen must be less than /127"),
    (
        NEW,
        f'{{{NET},"Backend":{{"Type":"vxlan","DirectRouting":1}}}}',
        "Backend.DirectRouting",
        "VXLANConfig.directRouting of",
    ),
    ("0.27.3", f'{{{NET},"Backend":{{"Type":"vxlan","VNI":"1"}}}}', "Backend.VNI", "struct field .VNI of type int$"),
    (
        NEW,
        f'{{{NET},"Backend":{{"Type":"wireguard","Mode":1}}}}',
        "Backend.Mode",
        "number into .* of type wireguard.Mode$",
    ),
    (NEW, '{"Network":["10.5.0.0/16", 1]}', "Network", r'^invalid CIDR address: \["10.5.0.0/16", 1\]$'),
    (NEW, r'{"Network":"10.5.0.0/16\""}', "Network", r"^invalid CIDR address: 10.5.0.0/16\\$"),
    (NEW, f'{{{NET},"SubnetLen":{"9" * 5000}}}', "SubnetLen", "of type uint"),
    ("0.22.0", f'{{{DUAL_NET},"EnableIPv4":false,"Backend":{{"Type":"extension"}}}}', "EnableIPv4", "panics"),
    # which error is shown first
    (NEW, f'{{{DUAL_NET},"EnableIPv4":false,"Backend":{{"Type":"ipsec","PSK":"x"}}}}', "Backend.PSK", "too short"),
    (NEW, '{"SubnetLen":"x","Network":"bad"}', "Network", "invalid CIDR"),
    (NEW, '{"SubnetMin":"bad","Network":"worse"}', "SubnetMin", "invalid IP"),
    (SPLIT, f'{{{NET},"SubnetLen":31,"Backend":5}}', "Backend", "error decoding Backend"),
    (STRICT, f'{{{NET},"SubnetLen":31,"Backend":5}}', "SubnetLen", "less than /31"),
    (SPLIT, '{"Network":"10.5.0.0/29","Backend":{"Type":"x"}}', "Network", "too small"),
]


@pytest.mark.parametrize(("version", "text", "key", "reason"), REFUSED)
def test_refused(version, text, key, reason):
    with pytest.raises(NetworkError) as caught:
        check(text, version)
    details = caught.value.details
    assert details["key"] == key
    assert re.search(reason, details["reason"])
    for part in (key, details["reason"], details["allowed"], details["fix"]):
        assert part in str(caught.value)
    assert caught.value.finding.severity == "error"
    assert "geheim" not in str(caught.value)


@pytest.mark.parametrize(
    ("version", "text"),
    [
        (OLD, f'{{{NET},"EnableIPv6":true,"IPv6Network":"bad","EnableIPv4":"x"}}'),
        (DUAL, f'{{{NET},"EnableNFTables":"x"}}'),
        ("0.17.0", '{"Network":"10.5.0.0/16","Backend":{"Type":"wireguard","Mode":"x"}}'),
        ("0.19.2", '{"Network":"10.5.0.0/16","Backend":{"Type":"aws-vpc","RouteTableID":["a"]}}'),
        ("0.28.1", '{"Network":"10.5.0.0/16","Backend":{"Type":"extension","PreStartupCommand":" "}}'),
        ("0.28.1", '{"Network":"10.5.0.0/16","Backend":{"Type":"extension","PostStartupCommand":" "}}'),
        (NEW, f'{{{NET},"IPv6Network":"0.0.0.0/0","IPv6SubnetLen":96,"IPv6SubnetMax":"fd00::","EnableIPv6":true}}'),
        (NEW, f'{{{NET},"IPv6Network":"0.0.0.0/1","IPv6SubnetLen":96,"EnableIPv6":true}}'),
        (NEW, '{"Network":"10.5.0.0/16","Backend":{"Type":"host-gw","VNI":"x"}}'),
        (NEW, f'{{{NET},"IPv6Network":"10.5.0.0/16","IPv6SubnetLen":112,"EnableIPv6":true}}'),
        (NEW, '{"Network":"10.5.0.0/16","Backend":{"Type":"wireguard","PSK":"%s="}}' % ("A" * 43)),
        (NEW, '{"Network":"10.5.0.0/16","Backend":{"Type":"wireguard","PSK":"\\n%s\\r="}}' % ("A" * 43)),
        (NEW, '{"Network":"10.5.0.0/16","Backend":{"Type":"ipsec","PSK":"%s"}}' % (r"\ud800" * 32)),
        (NEW, '{"Network":"10.5.0.0/16","Backend":{"Type":"\u0130pip"}}'),
        (NEW, f'{{{NET},"other":{"[" * 9999}{"]" * 9999}}}'),
        (NEW, f'{{{DUAL_NET},"IPv6SubnetMin":"fd00:5:0:0010::0000"}}'),
        (NEW, f'{{{NET},"EnableIPv6":true,"IPv6Network":"::10.5.0.0/112","IPv6SubnetMin":"::ffff:10.5.64.0"}}'),
    ],
)
def test_accepted(version, text):
    check(text, version)


@pytest.mark.parametrize(
    "text",
    [
        f'{{"SubnetLen":24,{NET}}}',
        f'{{{NET},"SubnetMin":"10.5.1.0","SubnetMax":"10.5.255.0"}}',
        f'{{{NET},"EnableIPv4":true,"EnableIPv6":false,"IPv6Network":"fd00::/48"}}',
        '{"NETWORK":"10.5.7.7/16","backend":{"TYPE":"VXLAN","vni":1,"port":0,"directrouting":false}}',
        f'{{{NET},"unknown":1}}',
    ],
)
def test_same_meaning(text):
    assert check(text) == check(f"{{{NET}}}")


@pytest.mark.parametrize(
    "text",
    [
        f'{{{NET},"SubnetLen":25}}',
        f'{{{NET},"EnableNFTables":true}}',
        '{"Network":"10.5.0.0/16","Backend":{"Type":"vxlan","VNI":2}}',
        '{"Network":"10.5.0.0/16","Backend":{"Type":"host-gw"}}',
        f"{{{DUAL_NET}}}",
    ],
)
def test_other_meaning(text):
    assert check(text) != check(f"{{{NET}}}")


def test_dictionaries():
    config = {
        "Network": "10.5.0.0/16",
        "SubnetLen": "24",
        "EnableIPv6": "False",
        "Backend": {"Type": "vxlan", "vni": "7"},
    }
    assert json.loads(encode(config)) == {
        "Network": "10.5.0.0/16",
        "SubnetLen": 24,
        "EnableIPv6": False,
        "Backend": {"Type": "vxlan", "vni": 7},
    }
    assert check_dict(config).backend["VNI"] == 7


def test_a_null_is_shown_as_one():
    with pytest.raises(NetworkError, match="^SubnetMin = null: "):
        check(f'{{{NET},"SubnetMin":null}}')


@pytest.mark.parametrize("length", ["024", "2 4", "x", "24.0"])
def test_only_whole_numbers_come_back(length):
    assert json.loads(encode({"SubnetLen": length})) == {"SubnetLen": length}


def test_secrets_stay_secret_in_syntax_errors():
    with pytest.raises(NetworkError) as caught:
        check('{"Backend":{"Type":"ipsec","PSK":"geheim"')
    assert "geheim" not in str(caught.value)


@pytest.mark.parametrize(
    "network",
    [
        {"Network": "10.5.0.0/16", "Backend": [{"Type": "ipsec", "PSK": "geheim"}]},
        {"Network": "10.5.0.0/16", "Backend": "{'Type': 'ipsec', 'psk': 'geheim'}"},
        [{"Network": "10.5.0.0/16", "Backend": {"Type": "ipsec", "PSK": "geheim"}}],
    ],
)
def test_secrets_stay_secret_where_the_type_is_wrong(network):
    (finding,) = problems(network, "")
    assert " = ***" in finding.seen
    assert "geheim" not in str(finding)


@pytest.mark.parametrize(
    ("network", "hosts", "codes"),
    [
        ({"Network": "10.5.0.0/16", "Backend": {"Type": "vxlan"}}, 255, []),
        ({"Network": "10.5.0.0/16", "Backend": {"Type": "vxlan"}}, 256, ["network_too_small"]),
        ('{"Network":"10.5.0.0/26","Backend":{"Type":"vxlan"}}', 3, []),
        ('{"Network":"10.5.0.0/26","Backend":{"Type":"vxlan"}}', 4, ["network_too_small"]),
        ({"Network": "10.5.0.0/33"}, 0, ["bad_network"]),
        ({"Network": "10.5.0.0/16", "SubnetLen": 31}, 0, ["bad_subnet_len"]),
        ({"Network": "10.5.0.0/16"}, 0, ["backend_absent"]),
        ({"Network": "10.5.0.0/16", "Backend": {"Type": "nix"}}, 0, ["bad_backend_type"]),
        (None, 0, ["bad_value"]),
        ([], 0, ["bad_value"]),
    ],
)
def test_problems(network, hosts, codes):
    assert [finding.code for finding in problems(network, "", hosts)] == codes


def test_problem_with_the_version():
    assert [finding.code for finding in problems({}, "latest")] == ["bad_value"]
