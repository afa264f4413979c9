# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Where the programs of a host are searched."""

from __future__ import annotations

import os

ADMIN_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def search_path() -> str:
    """The caller's PATH, then the usual folders: that of sudo has no /usr/local on EL, that of a user no sbin."""
    return ":".join(filter(None, [os.environ.get("PATH"), ADMIN_PATH]))
