# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Digests of files with secrets. No I/O.

A plain checksum in a result tells whether a guess of the secret is right. These need a key that only the run knows.
"""

from __future__ import annotations

import hashlib
import hmac

_NAME = b"overlay.flannel: the name of the key"


def keyed_digest(key: str, content: bytes) -> str:
    return hmac.new(key.encode("utf-8"), content, hashlib.sha256).hexdigest()


def key_name(key: str) -> str:
    """Tells keys apart and gives nothing of them away; empty without a key."""
    return keyed_digest(key, _NAME)[:16] if key else ""
