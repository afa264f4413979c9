# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""From the options of a module to what has to be read from etcd and checked."""

from __future__ import annotations

import typing as t

from ansible_collections.overlay.flannel.plugins.module_utils.etcd.connection import from_params
from ansible_collections.overlay.flannel.plugins.module_utils.flannel.keys import keys_below
from ansible_collections.overlay.flannel.plugins.module_utils.flannel.psk import with_psk
from ansible_collections.overlay.flannel.plugins.module_utils.flannel.versions import rules_for
from ansible_collections.overlay.flannel.plugins.module_utils.registry.expected import expected_hosts
from ansible_collections.overlay.flannel.plugins.module_utils.registry.leases import Task
from ansible_collections.overlay.flannel.plugins.module_utils.registry.open_store import open_store


def make_task(params: t.Mapping[str, t.Any]) -> Task:
    """Connects to etcd. `params` are the options of the module lease_info; raises OverlayError where one is wrong or etcd does not answer."""
    store = open_store(from_params(params), params["api"], params["flannel_version"])
    return Task(
        store=store,
        keys=keys_below(params["prefix"], store.api),
        flannel_version=rules_for(params["flannel_version"], store.api),
        expected=expected_hosts(params["expected"]),
        network=with_psk(params["network"], params["psk"]),
        renew_margin=params["renew_margin"] if params["ttl"] else None,
    )
