# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from ansible_collections.overlay.flannel.plugins.module_utils.flannel.backends import (
    BACKENDS,
    UNKNOWN,
    Routes,
    backend_of,
    device_owner,
    known_types,
    untyped_owner,
)
from ansible_collections.overlay.flannel.plugins.module_utils.flannel.devices import is_flannels
from ansible_collections.overlay.flannel.plugins.module_utils.flannel.versions import NEWEST_FLANNEL, parse_version

ENTRIES = pytest.mark.parametrize("backend", BACKENDS.values(), ids=BACKENDS)
WITH_DEVICE = {name: backend for name, backend in BACKENDS.items() if backend.device}


@ENTRIES
def test_limits_are_about_keys(backend):
    assert {limit.key for limit in backend.limits} <= set(backend.keys)


@pytest.mark.parametrize("backend", WITH_DEVICE.values(), ids=WITH_DEVICE)
def test_devices(backend):
    device = backend.device
    end = str(backend.keys[device.number_key].default) if device.number_key else ""
    assert is_flannels(device.name + end)
    assert not device.ipv6_name or is_flannels(device.ipv6_name + end)
    assert bool(device.split_mode) <= ("Mode" in backend.keys)
    assert backend.routes in (Routes.PER_PEER, Routes.SINGLE)
    assert backend.overhead


def test_a_device_has_one_backend():
    assert [device_owner(backend.device.kind) for backend in WITH_DEVICE.values()] == list(WITH_DEVICE)
    assert (device_owner("bridge"), device_owner("")) == ("", "")


@pytest.mark.parametrize(("devices", "owner"), [(["lo", "flannel0"], "udp"), (["lo", "flannel.1"], ""), ([], "")])
def test_leases_without_a_type(devices, owner):
    assert untyped_owner(devices) == owner


def test_unknown_types():
    assert (backend_of(""), backend_of("geneve")) == (UNKNOWN, UNKNOWN)
    assert backend_of("vxlan") is BACKENDS["vxlan"]


@pytest.mark.parametrize(
    ("version", "absent"),
    [
        ("0.7.1", {"ali-vpc", "extension", "ipip", "ipsec", "tencent-vpc", "wireguard"}),
        (NEWEST_FLANNEL, {"ali-vpc", "aws-vpc", "gce"}),
    ],
)
def test_releases(version, absent):
    assert set(BACKENDS) - set(known_types(parse_version(version))) == absent
