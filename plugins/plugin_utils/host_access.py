# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a host can be planned at all with the user that collected its facts. No I/O."""

from __future__ import annotations

import typing as t

from ansible_collections.overlay.flannel.plugins.plugin_utils.plan_model import HostFacts, Refusal


def access_refusals(facts: HostFacts) -> t.Iterator[Refusal]:
    """Without root nothing can be changed, and processes, data and firewall are not visible: any plan would be invented."""
    user = facts["platform"]["user"]
    if user != 0:
        yield Refusal(
            "become",
            f"false (user {user} on the host)",
            "root, by become or as the remote user",
            "run with --become, or set ansible_become: true for this host",
        )
