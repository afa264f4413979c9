# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from ansible_collections.overlay.flannel.plugins.module_utils.common.errors import InputError
from ansible_collections.overlay.flannel.plugins.module_utils.registry.lease_request import request_of

UNSET = {
    "state": "present",
    "public_ip": None,
    "subnet": None,
    "ipv6_subnet": None,
    "foreign": False,
    "expected": [],
    "outside": False,
}
NODE1 = {"host": "node1", "public_ip": "192.0.2.1"}


def request(**params):
    return request_of({**UNSET, **params})


def test_reserve():
    wanted = request(public_ip="::ffff:192.0.2.1", subnet="10.5.1.0/24", ipv6_subnet="FD00:5:0:1::/64")
    assert (wanted.present, wanted.public_ip, wanted.is_bulk) == (True, "192.0.2.1", False)
    assert (str(wanted.ipv4), str(wanted.ipv6)) == ("10.5.1.0/24", "fd00:5:0:1::/64")


def test_release_one():
    wanted = request(state="absent", subnet="10.5.1.7/24")
    assert (wanted.present, wanted.public_ip, str(wanted.ipv4), wanted.ipv6) == (False, "", "10.5.1.7/24", None)


def test_release_many():
    wanted = request(state="absent", foreign=True, expected=[NODE1], outside=True)
    assert (wanted.is_bulk, wanted.known, wanted.outside) == (True, {"192.0.2.1"}, True)
    assert request(state="absent", outside=True).known is None


@pytest.mark.parametrize(
    ("params", "text"),
    [
        ({}, "public_ip = \\(not set\\): allowed: an IPv4 address. Fix: "),
        ({"public_ip": "node1"}, "public_ip = 'node1': allowed: an IPv4 address. Fix: "),
        ({"public_ip": "0.0.0.0"}, "public_ip = '0.0.0.0'"),
        ({"public_ip": "fd00::1"}, "public_ip = 'fd00::1'"),
        ({"public_ip": "192.0.2.1", "subnet": "10.5.1.0"}, "subnet = '10.5.1.0': allowed: a subnet such as"),
        ({"public_ip": "192.0.2.1", "subnet": "10.5.1.0/33"}, "subnet = '10.5.1.0/33'"),
        ({"public_ip": "192.0.2.1", "subnet": "fd00::/64"}, "subnet = 'fd00::/64'"),
        ({"public_ip": "192.0.2.1", "ipv6_subnet": "10.5.1.0/24"}, "ipv6_subnet = '10.5.1.0/24'"),
        ({"public_ip": "192.0.2.1", "subnet": "10.5.1.7/24"}, "subnet = 10.5.1.7/24: .* Fix: use 10.5.1.0/24"),
        ({"public_ip": "192.0.2.1", "ipv6_subnet": "fd00::1/64"}, "Fix: use fd00::/64"),
        ({"public_ip": "192.0.2.1", "outside": True}, "foreign, outside = true"),
        ({"state": "absent"}, "which leases to release = neither"),
        ({"state": "absent", "subnet": "10.5.1.0/24", "outside": True}, "which leases to release = both"),
        ({"state": "absent", "public_ip": "192.0.2.1", "foreign": True, "expected": [NODE1]}, "= both"),
        ({"state": "absent", "foreign": True}, "expected = \\[\\]"),
        ({"state": "absent", "foreign": True, "expected": [{**NODE1, "public_ip": "x"}]}, "public_ip of node1"),
    ],
)
def test_refused(params, text):
    with pytest.raises(InputError, match=text):
        request(**params)
