# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The components of the overlay by their role's name."""

from __future__ import annotations

import typing as t

from ansible_collections.overlay.flannel.plugins.module_utils.host.types import Query
from ansible_collections.overlay.flannel.plugins.plugin_utils import docker_plan, etcd_plan, flannel_plan, metrics_plan
from ansible_collections.overlay.flannel.plugins.plugin_utils.plan_model import (
    Controller,
    HostFacts,
    Plan,
    Renderer,
)


class Component(t.NamedTuple):
    """`query_settings` are the settings that `query` reads; templating the others would cost more than all the rest.

    `switch` is a setting without which there is nothing to do but to remove what an earlier run has made: where it is false, `plan` gets
    the settings of the query only.

    `query` gives what has to be known of a host, `plan` compares it with the settings (the role's options without their prefix).
    """

    query_settings: t.Collection[str]
    query: t.Callable[[t.Mapping[str, t.Any]], Query]
    plan: t.Callable[[t.Mapping[str, t.Any], HostFacts, Controller, Renderer], Plan]
    switch: str = ""


BY_NAME: t.Mapping[str, Component] = {
    "etcd": Component(etcd_plan.QUERY_SETTINGS, etcd_plan.query, etcd_plan.plan),
    "flannel": Component(flannel_plan.QUERY_SETTINGS, flannel_plan.query, flannel_plan.plan),
    "docker": Component(docker_plan.QUERY_SETTINGS, docker_plan.query, docker_plan.plan),
    "metrics": Component(metrics_plan.QUERY_SETTINGS, metrics_plan.query, metrics_plan.plan, metrics_plan.SWITCH),
}
