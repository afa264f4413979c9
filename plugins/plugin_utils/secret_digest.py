# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The key of this run, by which files with secrets are compared: host_info gets it as a secret, and returns keyed digests.

Ansible loads action plugins before it forks its workers, so all of them have the same key. It is never written anywhere.
"""

from __future__ import annotations

import os
import secrets

from ansible_collections.overlay.flannel.plugins.module_utils.common.keyed_digest import key_name, keyed_digest

KEY = secrets.token_hex(32)
NAME = key_name(KEY)


def secret_digest(content: bytes) -> str:
    return keyed_digest(KEY, content)


def secret_digest_of(path: str) -> str | None:
    """Of a file of the controller; None where it cannot be read."""
    try:
        with open(os.path.expanduser(path), "rb") as file:
            return secret_digest(file.read())
    except OSError:
        return None
