# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filter split_psk: a network configuration and the key of its backend."""

from __future__ import annotations

import typing as t

from ansible_collections.overlay.flannel.plugins.module_utils.flannel.psk import psk_of, without_psk


def split_psk(network: t.Any) -> dict[str, t.Any]:
    return {"config": without_psk(network), "psk": psk_of(network)}


class FilterModule:
    """Give the filter to Ansible."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Map names to functions."""
        return {"split_psk": split_psk}
