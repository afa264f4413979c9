# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Names of etcd's alarms: with one of them it takes no writes."""

from __future__ import annotations

import typing as t

_KINDS = {"1": "NOSPACE", "2": "CORRUPT"}  # AlarmType in rpc.proto


def alarm_kind(number: t.Any) -> str:
    """The number itself where it is a newer one."""
    return _KINDS.get(str(number), str(number))
