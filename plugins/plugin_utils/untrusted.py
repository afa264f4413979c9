# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Texts of hosts and of etcd are never templates.

ansible-core before 2.19 takes a text for a template as soon as a filter has returned it and `set_fact` has kept it. Newer ones
take only what is marked as a template, and their own values must not be wrapped.
"""

from __future__ import annotations

import functools
import typing as t

from ansible.release import __version__
from ansible.utils.unsafe_proxy import wrap_var

Filter = t.Callable[..., t.Any]
TRUSTS_ALL = tuple(int(part) for part in __version__.split(".")[:2]) < (2, 19)


def untrusted(function: Filter) -> Filter:
    """A filter whose result has such texts."""

    @functools.wraps(function)
    def wrapped(*arguments: t.Any, **options: t.Any) -> t.Any:
        return wrap_var(function(*arguments, **options))

    return wrapped if TRUSTS_ALL else function
