# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import socket
import time

import pytest

from ansible_collections.overlay.flannel.plugins.module_utils.etcd.deadline import with_deadline


def test_the_answer():
    assert with_deadline(5, lambda: 7) == 7


def test_its_error():
    with pytest.raises(ZeroDivisionError):
        with_deadline(5, lambda: 1 // 0)


def test_no_answer():
    started = time.monotonic()
    with pytest.raises(socket.timeout):
        with_deadline(0.1, lambda: time.sleep(30))
    assert time.monotonic() - started < 5
