# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The errors of this collection."""

from __future__ import annotations

import typing as t

from ansible_collections.overlay.flannel.plugins.module_utils.common.findings import Finding


class OverlayError(Exception):
    """What went wrong, for people; `details` become further keys of the module's answer."""

    def __init__(self, message: str, **details: t.Any) -> None:
        super().__init__(message)
        self.details = details


class InputError(OverlayError):
    """A value that cannot be used: the message names it, what is allowed and the fix."""

    def __init__(self, name: str, value: object, allowed: str, fix: str, **details: t.Any) -> None:
        self.finding = Finding(code="bad_value", seen=f"{name} = {value}", expected=allowed, fix=fix)
        super().__init__(f"{name} = {value}: allowed: {allowed}. Fix: {fix}", **details)


class RefusedError(OverlayError):
    """The work is possible, but it would break something that is in use."""


class StoreError(OverlayError):
    """A request to etcd failed: where, cause and fix."""


class DeclinedError(StoreError):
    """etcd answered, and did nothing."""


class ConflictError(DeclinedError):
    """Another writer changed the key between our read and our write."""


def maybe_written(error: StoreError) -> StoreError:
    """The same for a change that was sent, but whose answer is not known."""
    text = f"{error}. The change may have been written all the same: read the key before you repeat it"
    return StoreError(text, **{**error.details, "maybe_written": True})


class SlowHostError(OverlayError):
    """A program of the host did not end in time."""

    def __init__(self, argv: t.Sequence[str], seconds: float) -> None:
        super().__init__(
            f"{' '.join(argv)} timed out after {seconds:g} s; its output is missing, so the host cannot be checked."
            " Fix: find what keeps the host busy (uptime, systemctl list-jobs, journalctl -k), then run again"
        )


class UnreadHostError(OverlayError):
    """A program failed on whose output everything else depends."""

    def __init__(self, argv: t.Sequence[str], code: int, error: str) -> None:
        super().__init__(
            f"{' '.join(argv)} failed (exit code {code}): {' '.join(error.split()) or 'no reason given'}."
            " The network of this host cannot be checked."
            f" Fix: make this command work for the user that runs the modules; {argv[0]} is part of iproute2"
        )


class MissingLibraryError(OverlayError):
    """A Python library or a program is not on this host."""
