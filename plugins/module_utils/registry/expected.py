# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The hosts that should have a lease, and what a lease says about its host."""

from __future__ import annotations

import typing as t

from ansible_collections.overlay.flannel.plugins.module_utils.common.errors import InputError
from ansible_collections.overlay.flannel.plugins.module_utils.flannel.backends import lease_type
from ansible_collections.overlay.flannel.plugins.module_utils.flannel.config_types import (
    NetworkConfig,
    parse_address,
    to_ipv4,
)
from ansible_collections.overlay.flannel.plugins.module_utils.flannel.lease import Lease


class Expected(t.NamedTuple):
    host: str
    public_ip: str


def expected_hosts(items: t.Iterable[t.Mapping[str, t.Any]], option: str = "expected") -> list[Expected]:
    hosts = [Expected(str(item["host"]), str(item["public_ip"])) for item in items]
    for one in hosts:
        address = parse_address(one.public_ip)
        if address is None or to_ipv4(address) is None:
            fix = f"give the address by which the other hosts reach {one.host}"
            raise InputError(f"{option}: public_ip of {one.host}", repr(one.public_ip), "an IPv4 address", fix)
    return hosts


def is_reserved(lease: Lease, config: NetworkConfig | None) -> bool:
    """A lease without a backend has been written for a host, not by it; some backends write none."""
    return not lease.attributes.backend and (config is None or lease_type(config.backend_type) != "")


def low_ttl(renew_margin: int) -> int:
    """Seconds. flanneld renews at the margin and tries again each minute: a few minutes late is no fault."""
    if not 1 <= renew_margin <= 1439:
        fix = "give what flanneld gets as --subnet-lease-renew-margin, 60 by default"
        raise InputError("renew_margin", renew_margin, "1 to 1439 minutes", fix)
    seconds = renew_margin * 60
    return seconds - min(300, seconds // 2)
