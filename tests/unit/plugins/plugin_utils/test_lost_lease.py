# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest
from etcd_member import member

from ansible_collections.overlay.flannel.plugins.plugin_utils.lost_lease import flanneld_without_lease

OWN, OTHER = "192.0.2.1", "192.0.2.2"
RUNS = {"processes": {"flanneld": {"pid": 42}}}
FOUND_ANEW = [member("one", 11), member("two", 12)]
HAS_DATA = [member("one", 11), member("two", 12, data=True)]


def held(*addresses):
    return {"leases": [{"public_ip": address} for address in addresses]}


@pytest.mark.parametrize(
    ("facts", "address", "registry", "members", "lost"),
    [
        (RUNS, OWN, held(OTHER, OWN), HAS_DATA, False),
        (RUNS, OWN, held(OTHER), HAS_DATA, True),
        (RUNS, OWN, held(), [], True),
        (RUNS, "", held(OTHER), HAS_DATA, False),  # no flannel on this host
        ({"processes": {}}, OWN, held(OTHER), HAS_DATA, False),  # it starts anyway
        # not read: only a cluster that is founded has certainly none
        (RUNS, OWN, {"error": "no answer"}, HAS_DATA, False),
        (RUNS, OWN, None, HAS_DATA, False),
        (RUNS, OWN, None, [], False),
        (RUNS, OWN, None, FOUND_ANEW, True),
        (RUNS, OWN, {"error": "no answer"}, FOUND_ANEW, True),
    ],
)
def test_a_lease_is_lost_only_where_that_is_certain(facts, address, registry, members, lost):
    assert flanneld_without_lease(facts, address, registry, members) == (42 if lost else 0)
