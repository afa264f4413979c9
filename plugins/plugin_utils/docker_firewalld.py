# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the docker role refuses where it shall manage firewalld. No I/O."""

from __future__ import annotations

import typing as t

from ansible_collections.overlay.flannel.plugins.module_utils.host.checks.firewalld_zones import DOCKERS
from ansible_collections.overlay.flannel.plugins.module_utils.host.checks.packet_paths import BRIDGE
from ansible_collections.overlay.flannel.plugins.plugin_utils.docker_host import DockerHost
from ansible_collections.overlay.flannel.plugins.plugin_utils.firewalld_plan import refuse_firewall
from ansible_collections.overlay.flannel.plugins.plugin_utils.plan_model import Refusal


def refuse_zone_of_docker(host: DockerHost) -> t.Iterator[Refusal]:
    yield from refuse_firewall("docker_firewall", host.settings.firewall, host.facts, [BRIDGE], DOCKERS)
