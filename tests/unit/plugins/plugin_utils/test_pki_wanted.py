# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from ansible_collections.overlay.flannel.plugins.plugin_utils.pki_wanted import refusals, wanted_leaves

MEMBER = {"name": "a", "names": ["A.example", "192.0.2.9"], "addresses": ["192.0.2.1", "2001:DB8::1"]}
OPTIONS = {
    "dir": "/pki",
    "members": [MEMBER],
    "clients": ["b"],
    "client_user": "flannel",
    "users": ["root", "reader"],
    "days": 365,
    "ca_days": 3650,
    "renew_days": 30,
}


def test_wanted():
    found = {leaf.stem: leaf for leaf in wanted_leaves(OPTIONS)}
    assert list(found) == ["members/a/server", "members/a/peer", "clients/b", "users/root", "users/reader"]
    assert found["members/a/server"].names == ("a.example", "localhost")
    assert found["members/a/server"].addresses == ("192.0.2.9", "192.0.2.1", "2001:db8::1", "127.0.0.1", "::1")
    assert found["members/a/peer"].everything == ["a.example", "192.0.2.9", "192.0.2.1", "2001:db8::1"]
    assert {leaf.authority for leaf in found.values() if leaf.stem.endswith("peer")} == {"peer-ca"}
    assert {leaf.authority for leaf in found.values() if not leaf.stem.endswith("peer")} == {"ca"}
    assert (found["clients/b"].user, found["clients/b"].host) == ("flannel", "b")
    assert (found["users/root"].user, found["users/root"].host) == ("root", "controller")


def test_nothing_to_refuse():
    assert refusals(OPTIONS) == []
    loopback = [{"name": name, "names": ["localhost"], "addresses": ["127.0.0.1"]} for name in ("a", "b")]
    assert refusals({**OPTIONS, "members": loopback}) == []
    assert refusals({**OPTIONS, "members": [], "clients": ["2001:db8::1", "host_1", "b.example"]}) == []


CASES = {
    "empty": ({"dir": ""}, 'controller: overlay_pki_dir = "": allowed: an absolute path. Fix: set overlay_pki_dir'),
    "relative": ({"dir": "pki"}, "controller: overlay_pki_dir = pki: allowed: an absolute path"),
    "longer than its authority": ({"days": 4000}, "overlay_pki_days = 4000: allowed: 1 to overlay_pki_ca_days (3650)"),
    "no days": ({"days": 0, "renew_days": 0}, "overlay_pki_days = 0: "),
    "a thousand years": ({"ca_days": 365000}, "overlay_pki_ca_days = 365000: allowed: 1 to 36500"),
    "each run renews": ({"renew_days": 365}, "overlay_pki_renew_days = 365: allowed: 0 to less than overlay_pki_days"),
    "negative": ({"renew_days": -1}, "overlay_pki_renew_days = -1: "),
    "flannel is root": ({"client_user": "root"}, "client_user = root: allowed: a user that only flanneld has"),
    "no user": ({"client_user": ""}, 'client_user = "": '),
    "twice": ({"clients": ["b", "B"]}, "clients = B: allowed: each name once"),
    "out of the directory": ({"clients": ["../b"]}, "clients = ../b: allowed: a name without a slash"),
    "a dot": ({"users": [".."]}, "users = ..: allowed: a name without a slash"),
    "control characters": ({"users": ["a\x1b"]}, "users = a\\x1b: allowed: a name without a slash"),
    "no address": ({"members": [{"name": "a", "names": [], "addresses": []}]}, "a: addresses = []: allowed: at least"),
    "bad address": (
        {"members": [{**MEMBER, "addresses": ["192.0.2.300"]}]},
        "a: addresses = 192.0.2.300: allowed: IPv4",
    ),
    "a network": ({"members": [{**MEMBER, "addresses": ["192.0.2.1/24"]}]}, "a: addresses = 192.0.2.1/24: "),
    "an interface": ({"members": [{**MEMBER, "addresses": ["fe80::1%eth0"]}]}, "a: addresses = fe80::1%eth0: "),
    "bad name": ({"members": [{**MEMBER, "names": ["a b"]}]}, "a: names = a b: allowed: host names of letters"),
    "umlaut": ({"members": [{**MEMBER, "names": ["ä.example"]}]}, "a: names = ä.example: "),
    "one address for two": (
        {"members": [MEMBER, {"name": "b", "names": [], "addresses": ["2001:db8:0::1"]}]},
        "b: addresses = 2001:db8::1: allowed: names and addresses that no other member has; a has it too. Fix: correct",
    ),
    "one name for two": (
        {"members": [MEMBER, {"name": "b", "names": ["a.EXAMPLE"], "addresses": []}]},
        "b: names = a.example: allowed: names and addresses that no other member has; a has it too",
    ),
    "one member twice": ({"members": [MEMBER, MEMBER]}, "members = a: allowed: each name once"),
}


@pytest.mark.parametrize("name", CASES)
def test_refusals(name):
    changed, words = CASES[name]
    found = refusals({**OPTIONS, **changed})
    assert len(found) == 1 and words in found[0] and " Fix: " in found[0]
