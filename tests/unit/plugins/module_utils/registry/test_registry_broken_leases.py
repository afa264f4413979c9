# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from ansible_collections.overlay.flannel.plugins.module_utils.flannel.config import check_dict
from ansible_collections.overlay.flannel.plugins.module_utils.flannel.lease import Lease, parse_key, parse_value
from ansible_collections.overlay.flannel.plugins.module_utils.registry.config_plan import breaking

VXLAN = {"Network": "10.5.0.0/16", "Backend": {"Type": "vxlan"}}
DUAL = {**VXLAN, "EnableIPv6": True, "IPv6Network": "fd00:5::/48"}


def lease(name="10.5.34.0-24", backend="vxlan"):
    value = f'{{"PublicIP":"192.0.2.11","BackendType":"{backend}"}}'
    return Lease("/x/subnets/" + name, parse_key(name), parse_value(value))


@pytest.mark.parametrize(
    "wanted",
    [
        VXLAN,
        {**VXLAN, "Network": "10.4.0.0/15"},
        {**VXLAN, "SubnetMin": "10.5.34.0", "SubnetMax": "10.5.34.0"},
        {**VXLAN, "Backend": {"Type": "vxlan", "VNI": 7}},
    ],
)
def test_kept(wanted):
    assert breaking(check_dict(VXLAN), check_dict(wanted), [lease()]) == []


@pytest.mark.parametrize(
    ("wanted", "reason"),
    [
        (
            {**VXLAN, "Network": "10.6.0.0/16"},
            "10.5.34.0/24 is not between SubnetMin 10.6.1.0 and SubnetMax 10.6.255.0",
        ),
        ({**VXLAN, "SubnetLen": 25}, "10.5.34.0/24 is not of SubnetLen 25"),
        ({**VXLAN, "SubnetMin": "10.5.35.0"}, "not between SubnetMin 10.5.35.0"),
        ({**VXLAN, "SubnetMax": "10.5.33.0"}, "SubnetMax 10.5.33.0"),
        ({**VXLAN, "Backend": {"Type": "host-gw"}}, "the backend changes from vxlan to host-gw"),
        ({**VXLAN, "Backend": {"Type": "alloc"}}, "the backend changes from vxlan to alloc"),
        (DUAL, "it has no IPv6 subnet"),
    ],
)
def test_broken(wanted, reason):
    (broken,) = breaking(check_dict(VXLAN), check_dict(wanted), [lease()])
    assert reason in broken.reason
    assert broken.to_dict() == {"subnet": "10.5.34.0/24", "public_ip": "192.0.2.11", "reason": broken.reason}


@pytest.mark.parametrize(
    ("wanted", "reason"),
    [
        (DUAL, ""),
        (VXLAN, "it has an IPv6 subnet, and IPv6 is switched off"),
        ({**DUAL, "IPv6SubnetLen": 65}, "fd00:5:0:22::/64 is not of IPv6SubnetLen 65"),
        ({**DUAL, "IPv6Network": "fd00:6::/48"}, "is not between IPv6SubnetMin fd00:6:0:1::"),
    ],
)
def test_dual_stack(wanted, reason):
    broken = breaking(check_dict(DUAL), check_dict(wanted), [lease("10.5.34.0-24&fd00:5:0:22::-64")])
    assert [reason in one.reason for one in broken] == ([True] if reason else [])


def test_a_lease_that_did_not_fit_before_is_not_broken_by_this():
    assert breaking(check_dict(VXLAN), check_dict({**VXLAN, "SubnetLen": 25}), [lease("10.9.1.0-24")]) == []


@pytest.mark.parametrize(("backend", "count"), [("vxlan", 0), ("", 0), ("host-gw", 1)])
def test_without_a_readable_configuration_leases_speak(backend, count):
    assert len(breaking(None, check_dict(VXLAN), [lease(backend=backend)])) == count


def test_without_a_readable_configuration_places_count():
    assert len(breaking(None, check_dict(VXLAN), [lease("10.9.1.0-24"), lease()])) == 1
