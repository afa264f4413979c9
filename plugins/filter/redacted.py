# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filter redacted: a text of others without secrets and control characters."""

from __future__ import annotations

import typing as t

from ansible_collections.overlay.flannel.plugins.module_utils.common.findings import escaped
from ansible_collections.overlay.flannel.plugins.module_utils.common.redaction import redact_known


def redacted(text: t.Any, secrets: t.Iterable[t.Any] = ()) -> str:
    return escaped(redact_known(str(text), map(str, secrets)))


class FilterModule:
    """Give the filter to Ansible."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Map names to functions."""
        return {"redacted": redacted}
