# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which flannel works with which etcd."""

from __future__ import annotations

from ansible_collections.overlay.flannel.plugins.module_utils.common.findings import Finding
from ansible_collections.overlay.flannel.plugins.module_utils.flannel.versions import flannel_api, parse_version


def pair_problem(flannel_version: str, etcd_version: str, v2_enabled: bool) -> Finding | None:
    """Why this flannel cannot work with this etcd; None when it can."""
    etcd = parse_version(etcd_version, "etcd_version")
    if flannel_api(flannel_version) == "v3":
        return _too_old(flannel_version, etcd_version) if etcd < (3, 0) else None
    if etcd >= (3, 6):
        return _v2_gone(flannel_version, etcd_version)
    if etcd >= (3, 4) and not v2_enabled:
        return _v2_off(flannel_version, etcd_version)
    return None


def _pair(flannel_version: str, etcd_version: str, expected: str, fix: str) -> Finding:
    seen = f"flannel {flannel_version} with etcd {etcd_version}"
    return Finding(code="impossible_pair", seen=seen, expected=expected, fix=fix)


def _too_old(flannel_version: str, etcd_version: str) -> Finding:
    expected = "etcd 3.0 or newer, because flannel 0.18 and newer speaks only etcd's v3 API"
    return _pair(flannel_version, etcd_version, expected, "install etcd 3.4 or newer, or flannel 0.17.0 or older")


def _v2_gone(flannel_version: str, etcd_version: str) -> Finding:
    expected = "etcd 3.5 or older, because flannel 0.17 and older speaks only etcd's v2 API, which 3.6 removed"
    return _pair(flannel_version, etcd_version, expected, "install flannel 0.18 or newer, or etcd 3.5 or older")


def _v2_off(flannel_version: str, etcd_version: str) -> Finding:
    expected = "etcd's v2 API switched on, because flannel 0.17 and older speaks only that"
    return _pair(
        flannel_version, etcd_version, expected, "set etcd_enable_v2 to true, or install flannel 0.18 or newer"
    )
