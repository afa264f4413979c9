# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""An end in time for what has none of its own."""

from __future__ import annotations

import socket
import threading
import typing as t

T = t.TypeVar("T")


def with_deadline(seconds: float, question: t.Callable[[], T]) -> T:
    """The answer, or the error that the question raised; socket.timeout when the seconds are over.

    The time-out of a socket counts anew with each byte, and a name may be looked up for as long as the resolver likes.
    A question without an answer is left behind: its thread ends with the process.
    """
    answers: list[T] = []
    errors: list[BaseException] = []

    def ask() -> None:
        try:
            answers.append(question())
        except BaseException as error:
            errors.append(error)

    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    thread.join(seconds)
    if answers:
        return answers[0]
    raise errors[0] if errors else socket.timeout("timed out")
