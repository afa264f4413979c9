# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.overlay.flannel.plugins.plugin_utils.container_pings import with_host_pings

VERDICT = {"healthy": True, "findings": [], "pings": [{"address": "10.20.8.1", "ok": True, "ms": 0.4}]}
PEERS = {"b": "10.20.8.2", "c": "10.20.9.2"}


@pytest.mark.parametrize(
    ("result", "answered", "codes"),
    [
        ({"rc": 0, "stdout_lines": []}, [True, True], []),
        ({"rc": 0, "stdout_lines": ["10.20.8.2"]}, [False, True], ["container_unreachable_from_host"]),
        ({"rc": 125, "stdout_lines": [], "stderr": "no\nimage\n"}, [False, False], ["container_cannot_ping"]),
        ({"rc": 2, "msg": "no docker"}, [False, False], ["container_cannot_ping"]),
    ],
)
def test_pings_of_the_host_itself(result, answered, codes):
    verdict = with_host_pings(VERDICT, PEERS, result)
    assert [ping["ok"] for ping in verdict["pings"]] == [True, *answered]
    assert [finding["code"] for finding in verdict["findings"]] == codes
    assert verdict["healthy"] == (not codes)
    assert VERDICT["findings"] == []
