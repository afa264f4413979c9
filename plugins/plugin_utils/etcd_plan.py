# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The plan of the role etcd. No I/O."""

from __future__ import annotations

import typing as t

from ansible_collections.overlay.flannel.plugins.module_utils.host.types import Query
from ansible_collections.overlay.flannel.plugins.plugin_utils.plan_model import (
    Controller,
    HostFacts,
    Plan,
    Renderer,
)


def query(settings: t.Mapping[str, t.Any]) -> Query:
    raise NotImplementedError


def plan(settings: t.Mapping[str, t.Any], facts: HostFacts, controller: Controller, render: Renderer) -> Plan:
    raise NotImplementedError


def member_of(settings: t.Mapping[str, t.Any], facts: HostFacts, controller: Controller) -> dict[str, t.Any]:
    raise NotImplementedError
