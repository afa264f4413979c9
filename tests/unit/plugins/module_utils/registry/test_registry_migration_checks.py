# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json

import pytest
from migration_case import CONFIG, DAY, case, fleet

from ansible_collections.overlay.flannel.plugins.module_utils.common.errors import (
    ConflictError,
    InputError,
    RefusedError,
    StoreError,
)
from ansible_collections.overlay.flannel.plugins.module_utils.registry.migration import (
    Write,
    carry_out,
    read_fleet,
    source_connection,
    source_prefix,
)
from ansible_collections.overlay.flannel.plugins.module_utils.registry.migration_checks import examine, refuse

ONE, TWO = ("10.5.1.0-24", "192.0.2.1", 40000), ("10.5.2.0-24", "192.0.2.2", 80000)


def config(**more):
    return json.dumps({**json.loads(CONFIG), **more})


def test_nothing_speaks_against_it():
    assert examine(case([ONE, TWO])) == []


def test_the_configuration_that_is_wanted_afterwards():
    told = case([ONE, TWO])
    assert examine(told._replace(network={"network": "10.5.0.0/16", "Backend": {"type": "VXLAN"}})) == []
    text, codes = refusal(told._replace(network={"Network": "10.20.0.0/16", "Backend": {"Type": "vxlan"}}))
    assert codes == ["config_differs"]
    assert "10.5.0.0/16" in text


@pytest.mark.parametrize("hosts", [("", ""), ("0.28.10", "0.28.10"), ("0.28.10", ""), ("0.17.0", "")])
def test_fleets_on_one_side(hosts):
    assert examine(case([ONE, TWO], hosts=hosts)) == []


def refusal(told):
    with pytest.raises(RefusedError) as caught:
        refuse(examine(told))
    return str(caught.value), [finding["code"] for finding in caught.value.details["findings"]]


@pytest.mark.parametrize(
    ("told", "code", "words"),
    [
        (case([ONE, TWO], hosts=("0.17.0", "0.18.0")), "mixed_fleet", ["n1 run", "n2 0.18", "stop flanneld"]),
        (case([ONE, TWO], config=None), "config_missing", ["/old/config is not in v2", "source"]),
        (case([ONE, TWO], config=config(Network="10.5.0.0/29")), "config_invalid", ["/old/config", "too small"]),
        (case([ONE, TWO], config=config(SubnetMin="10.5.9.0", SubnetMax="10.5.8.0")), "min_above_max", ["10.5.9.0"]),
        (case([ONE]), "lease_missing", ["n2: no lease of 192.0.2.2", "source"]),
        (case([ONE, TWO], config=config(SubnetLen=25)), "lease_outside_network", ["n1", "10.5.1.0/24"]),
        (case([ONE, TWO], config=config(SubnetMin="10.5.2.0")), "lease_outside_network", ["n1", "10.5.1.0/24"]),
        (
            case([ONE, TWO, ("10.5.3.0-24", "192.0.2.2", 9)]),
            "duplicate_address",
            ["192.0.2.2 holds 10.5.2.0/24, 10.5.3.0/24"],
        ),
    ],
)
def test_refusals(told, code, words):
    text, codes = refusal(told)
    assert code in codes
    assert "nothing was written" in text
    assert [word for word in words if word not in text] == []


def test_overlaps():
    text, codes = refusal(case([ONE, TWO, ("10.5.1.128-25", "192.0.2.3", 9)]))
    assert "lease_overlap" in codes
    assert "10.5.1.128/25 of 192.0.2.3 overlaps 10.5.1.0/24 of 192.0.2.1" in text


def test_warnings_let_it_pass():
    told = case(
        [
            ONE,
            TWO,
            ("10.5.9.0-24", "192.0.2.9", DAY),
            ("10.5.300.0-24", "192.0.2.1", 1),
            ("x10.5.4.0-24", "192.0.2.4", 1),
        ],
        [("10.5.8.0-24", "{broken", DAY)],
    )
    findings = examine(told)
    assert [(finding.code, finding.severity) for finding in findings] == [
        ("lease_foreign", "warning"),
        ("malformed_key", "warning"),
        ("malformed_key", "warning"),
        ("malformed_value", "warning"),
    ]
    refuse(findings)


def test_the_fleet_is_sorted_by_what_runs():
    hosts = fleet("0.17.0", "v0.18.0", "")
    assert [[host.host for host in group] for group in hosts] == [["n1"], ["n2"], ["n3"]]


@pytest.mark.parametrize(
    ("items", "words"),
    [
        ([], r"hosts = \[\]"),
        ([{"host": "a", "public_ip": "a.example"}], "hosts: public_ip of a"),
        ([{"host": "a", "public_ip": "192.0.2.1", "flannel_version": "dev"}], "hosts: flannel_version of a = 'dev'"),
    ],
)
def test_hosts_that_cannot_be_read(items, words):
    with pytest.raises(InputError, match=words):
        read_fleet(items)


def test_the_source_inherits_what_it_leaves_out():
    params = {
        "endpoints": ["http://a:1"],
        "prefix": "/new",
        "ca_cert": "/ca",
        "client_cert": None,
        "client_key": None,
        "username": "u",
        "password": "p",
        "timeout": 5,
        "etcdctl": "etcdctl",
        "source": {"endpoints": ["http://b:2/"], "prefix": None, "timeout": 7, "username": "", "password": ""},
    }
    connection = source_connection(params)
    assert (connection.endpoints, connection.timeout, connection.ca_cert) == (("http://b:2",), 7, "/ca")
    assert (connection.username, connection.password) == ("", "")
    assert source_prefix(params) == "/new"
    assert source_prefix({**params, "source": {"prefix": "/old"}}) == "/old"
    assert source_connection({**params, "source": None}).username == "u"


class Failing:
    def __init__(self, after, error):
        self.left = after
        self.error = error

    def put(self, *arguments):
        if not self.left:
            raise self.error
        self.left -= 1


@pytest.mark.parametrize("kind", [StoreError, ConflictError])
def test_an_error_says_how_far_it_came(kind):
    writes = [Write(f"/x/{number}", "", 0) for number in range(3)]
    with pytest.raises(kind, match="full. 2 of 3 keys were written before the error") as caught:
        carry_out(Failing(2, kind("full", cause="x")), [], writes)
    assert caught.value.details == {"cause": "x", "done": ["/x/0", "/x/1"]}
