# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What flannel needs of firewalld, and what is refused where the role shall manage it. No I/O."""

from __future__ import annotations

import typing as t

from ansible_collections.overlay.flannel.plugins.module_utils.flannel.backends import arrivals, backend_of
from ansible_collections.overlay.flannel.plugins.module_utils.flannel.devices import direct_routing
from ansible_collections.overlay.flannel.plugins.module_utils.host.checks.firewalld_zones import TRUSTED, Needs
from ansible_collections.overlay.flannel.plugins.plugin_utils.firewalld_plan import refuse_firewall
from ansible_collections.overlay.flannel.plugins.plugin_utils.flannel_context import FlannelContext
from ansible_collections.overlay.flannel.plugins.plugin_utils.flannel_drift import wanted_devices
from ansible_collections.overlay.flannel.plugins.plugin_utils.plan_model import Refusal


def firewall_needs(context: FlannelContext) -> Needs:
    config, uplink = context.config, context.choice["interface"]
    if config is None:
        return Needs()
    return Needs(
        devices=wanted_devices(config, context.settings.network),
        arrivals=arrivals(config.backend_type, config.backend),
        uplink=uplink,
        address=context.address,
    )


def firewall_refusals(context: FlannelContext) -> t.Iterator[Refusal]:
    wanted, config = context.settings, context.config
    is_direct = config is not None and (backend_of(config.backend_type).is_direct or direct_routing(wanted.network))
    direct = context.choice["interface"] if is_direct else ""
    devices = firewall_needs(context).devices
    yield from refuse_firewall("flannel_firewall", wanted.firewall, context.facts, devices, TRUSTED, direct)
