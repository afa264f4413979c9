# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import dataclasses

import pytest

from ansible_collections.overlay.flannel.plugins.plugin_utils.pki_model import (
    CLIENT,
    DAY,
    ORGANISATION,
    SERVER,
    Certificate,
    Found,
    Key,
    Leaf,
    Problem,
    Settings,
)
from ansible_collections.overlay.flannel.plugins.plugin_utils.pki_plan import plan
from ansible_collections.overlay.flannel.plugins.plugin_utils.plan_model import Refusal

NOW = 1_800_000_000.0
BOTH = frozenset((SERVER, CLIENT))
SERVER_LEAF = Leaf("members/a/server", "a", "ca", BOTH, "", ("a.example", "localhost"), ("192.0.2.1", "127.0.0.1"))
PEER_LEAF = Leaf("members/a/peer", "a", "peer-ca", BOTH, "", ("a.example",), ("192.0.2.1",))
CLIENT_LEAF = Leaf("clients/b", "b", "ca", frozenset((CLIENT,)), "flannel")
LEAVES = [SERVER_LEAF, PEER_LEAF, CLIENT_LEAF]


def authority(name, left=3000, organisation=ORGANISATION, **more):
    times = {"not_before": NOW - DAY, "not_after": NOW + left * DAY}
    given = {**times, "organisation": organisation, "signs": True, "signer": name, **more}
    return Certificate(subject=f"CN={name}", key=f"key of {name}", digest=name, **given)


def certificate(leaf, signer="", left=300, **more):
    times = {"not_before": NOW - DAY, "not_after": NOW + left * DAY, "organisation": ORGANISATION, "user": leaf.user}
    content = {"names": frozenset(leaf.names), "addresses": frozenset(leaf.addresses), "usages": leaf.usages}
    given = {**times, **content, "signer": signer or leaf.authority, **more}
    return Certificate(subject=f"CN={leaf.stem}", key=f"key of {leaf.stem}", digest=leaf.stem, **given)


def directory(**changed):
    """A finished one. Names of files have _ for / and __ for .; None removes a file."""
    certificates = {leaf.stem + ".crt": [certificate(leaf)] for leaf in LEAVES}
    for stem, trust in (("ca", "trust.crt"), ("peer-ca", "peer-trust.crt")):
        certificates[stem + ".crt"] = certificates[trust] = [authority(stem)]
    keys = {path[:-4] + ".key": Key(items[0].key) for path, items in certificates.items() if "trust" not in path}
    everything = {**certificates, **keys, **changed.pop("files", {})}
    given = {name: value for name, value in everything.items() if value is not None}
    return Found(
        exists=True,
        ignore=True,
        certificates={path: value for path, value in given.items() if isinstance(value, list)},
        keys={path: value for path, value in given.items() if isinstance(value, Key)},
        unusable={path: value for path, value in given.items() if isinstance(value, Problem)},
        **changed,
    )


def settings(**changed):
    return Settings(**{"folder": "/pki", "now": NOW, "users": frozenset(("root", "flannel")), **changed})


def made(found, leaves=LEAVES, **changed):
    return plan(leaves, found, settings(**changed))


OLD, NEW = authority("old"), authority("new")
PEER_OLD, PEER_NEW = authority("peer-old"), authority("peer-new")
TRUSTING = {
    "ca.next.crt": [NEW],
    "ca.next.key": Key(NEW.key),
    "trust.crt": [NEW, authority("ca")],
    "peer-ca.next.crt": [PEER_NEW],
    "peer-ca.next.key": Key(PEER_NEW.key),
    "peer-trust.crt": [PEER_NEW, authority("peer-ca")],
}
ISSUING = {"trust.crt": [authority("ca"), OLD], "peer-trust.crt": [authority("peer-ca"), PEER_OLD]}
USERS = authority("ca", organisation="Example")
NO_KEY = {"ca.crt": [USERS], "trust.crt": [USERS], "ca.key": None}


def test_an_empty_directory():
    found = made(Found())
    assert list(found.issued.values()) == ["missing"] * 5
    assert [new.stem for new in found.authorities] == ["ca", "peer-ca"]
    assert found.trust == {"trust.crt": (["ca"], []), "peer-trust.crt": (["peer-ca"], [])}
    assert (found.ignore, found.rotation, found.refusals, found.warnings) == (True, "", [], [])


def test_a_finished_directory():
    found = made(directory())
    assert not found.changed and found.refusals == [] and found.warnings == []


ISSUED = {
    "missing": ({"clients/b.crt": None, "clients/b.key": None}, "clients/b", "missing"),
    "killed after the key": ({"clients/b.crt": None}, "clients/b", "missing"),
    "no key": ({"clients/b.key": None}, "clients/b", "key missing"),
    "killed between key and certificate": ({"clients/b.key": Key("other")}, "clients/b", "key does not fit"),
    "ends": ({"clients/b.crt": [certificate(CLIENT_LEAF, left=29.5)]}, "clients/b", "expires in 29 days"),
    "ended": ({"clients/b.crt": [certificate(CLIENT_LEAF, left=-5.5)]}, "clients/b", "ended 6 days ago"),
    "ended today": ({"clients/b.crt": [certificate(CLIENT_LEAF, left=-0.5)]}, "clients/b", "ended"),
    "from the future": (
        {"clients/b.crt": [certificate(CLIENT_LEAF, not_before=NOW + 9)]},
        "clients/b",
        "not valid yet, so a clock was wrong when it was issued",
    ),
    "an address more": (
        {"members/a/server.crt": [certificate(SERVER_LEAF, addresses=frozenset(["127.0.0.1"]))]},
        "members/a/server",
        "addresses changed: 192.0.2.1 added",
    ),
    "a name more": (
        {"members/a/peer.crt": [certificate(PEER_LEAF, names=frozenset())]},
        "members/a/peer",
        "addresses changed: a.example added",
    ),
    "usage": (
        {"members/a/server.crt": [certificate(SERVER_LEAF, usages=frozenset([SERVER]))]},
        "members/a/server",
        "extended key usage without clientAuth",
    ),
    "user": ({"clients/b.crt": [certificate(CLIENT_LEAF, user="x")]}, "clients/b", "user changed from x to flannel"),
    "a server that is a user": (
        {"members/a/server.crt": [certificate(SERVER_LEAF, user="root")]},
        "members/a/server",
        "its common name is root, a user of etcd",
    ),
    "of the old authority": (
        {**ISSUING, "clients/b.crt": [certificate(CLIENT_LEAF, "old")]},
        "clients/b",
        "authority changed",
    ),
}


@pytest.mark.parametrize("name", ISSUED)
def test_one_certificate_is_issued(name):
    files, stem, reason = ISSUED[name]
    found = made(directory(files=files))
    assert (found.refusals, found.issued) == ([], {f"{stem}.crt": reason})


STAYS = {
    "more addresses than wanted": {
        "members/a/server.crt": [certificate(SERVER_LEAF, addresses=frozenset([*SERVER_LEAF.addresses, "192.0.2.9"]))]
    },
    "thirty days": {"clients/b.crt": [certificate(CLIENT_LEAF, left=30.1)]},
    "as long as its authority": {
        "ca.crt": [authority("ca", 40)],
        "trust.crt": [authority("ca", 40)],
        "clients/b.crt": [certificate(CLIENT_LEAF, left=40)],
    },
    "damaged, of a host that is gone": {"clients/gone.crt": Problem("is damaged", "x")},
    "authorities above the authority": {
        "ca.crt": [authority("ca"), authority("root of all")],
        "trust.crt": [authority("root of all"), authority("ca")],
    },
}


@pytest.mark.parametrize("name", STAYS)
def test_nothing_is_issued(name):
    found = made(directory(files=STAYS[name]))
    assert (found.refusals, found.warnings, found.changed) == ([], [], False)


REFUSED = {
    "mode": ({}, {"refusals": [Refusal("overlay_pki_dir", "x", "y", "chmod 0600 /pki/ca.key")]}, "Fix: chmod 0600"),
    "damaged authority": ({"ca.crt": Problem("is damaged", "put it back")}, {}, "/pki/ca.crt is damaged"),
    "damaged certificate": (
        {"clients/b.crt": Problem("is damaged", "put it back")},
        {},
        "b: overlay_pki_dir = /pki: /pki/clients/b.crt is damaged: allowed: files that fit together."
        " Fix: put it back, or remove clients/b.crt and clients/b.key to have both made anew.",
    ),
    "damaged key": ({"clients/b.key": Problem("is damaged", "z")}, {}, "cannot be used: clients/b.key is damaged"),
    "authority lost": ({"ca.crt": None}, {}, "/pki/ca.crt is missing, but trust.crt is there"),
    "authority and trust lost": (
        {"ca.crt": None, "trust.crt": None},
        {},
        "/pki/ca.crt is missing, but clients/b.crt is there",
    ),
    "no authority": ({"ca.crt": [authority("ca", signs=False)]}, {}, "(CN=ca) may not sign certificates"),
    "ended authority": ({"ca.crt": [authority("ca", -2)]}, {}, "ended 2 days ago: allowed"),
    "future authority": ({"ca.crt": [authority("ca", not_before=NOW + 9)]}, {}, "correct the clock of the controller"),
    "other key": ({"ca.key": Key("other")}, {}, "/pki/ca.key does not fit ca.crt"),
    "exchanged": ({"ca.crt": [NEW], "ca.key": Key(NEW.key)}, {}, "/pki/ca.crt is not part of trust.crt"),
    "one for both": (
        {"peer-ca.crt": [authority("ca")], "peer-ca.key": Key("key of ca"), "peer-trust.crt": [authority("ca")]},
        {},
        "two authorities, because with one in common",
    ),
    "of another authority": (
        {"clients/b.crt": [certificate(CLIENT_LEAF, "unknown")]},
        {},
        "b: overlay_pki_dir = /pki: /pki/clients/b.crt (CN=clients/b) is signed by another authority than ca.crt",
    ),
    "of the other of the two": (
        {"clients/b.crt": [certificate(CLIENT_LEAF, "peer-ca")]},
        {},
        "is signed by another authority than ca.crt",
    ),
    "missing without the key": (
        {**NO_KEY, "clients/b.crt": None},
        {},
        "b: overlay_pki_dir = /pki: /pki/clients/b.crt must be issued (missing), and ca.key is not here: allowed: files that fit together."
        " Fix: put clients/b.crt and clients/b.key there (common name flannel; extended key usage clientAuth), signed by ca.crt, or put ca.key there.",
    ),
    "ended without the key": (
        {**NO_KEY, "members/a/server.crt": [certificate(SERVER_LEAF, left=-1)]},
        {},
        "(names and addresses a.example, localhost, 192.0.2.1, 127.0.0.1; extended key usage clientAuth and serverAuth)",
    ),
    "a key of a successor alone": (
        {"ca.crt": [USERS], "trust.crt": [USERS], "ca.next.key": Key("x")},
        {},
        "/pki/ca.next.crt is missing, but ca.next.key is there",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refusals(name):
    files, changed, words = REFUSED[name]
    found = made(directory(files=files, **changed))
    assert words in "\n".join(found.refusals)
    assert all(" Fix: " in text and text.startswith(("controller: ", "a: ", "b: ")) for text in found.refusals)


def test_warnings():
    soon = {"ca.crt": [authority("ca", 20)], "trust.crt": [authority("ca", 20)]}
    leaf = {
        "clients/b.crt": [certificate(CLIENT_LEAF, left=20)],
        "members/a/server.crt": [certificate(SERVER_LEAF, left=20)],
    }
    found = made(directory(files={**soon, **leaf}))
    assert not found.changed and "the authority for servers and clients ends in 20 days" in found.warnings[0]
    found = made(directory(files={**NO_KEY, "clients/b.crt": [certificate(CLIENT_LEAF, left=20)]}))
    assert not found.changed and "/pki/clients/b.crt: expires in 20 days. Fix: put clients/b.crt" in found.warnings[0]
    theirs = authority("ca", 20, organisation="Example")
    found = made(directory(files={"ca.crt": [theirs], "trust.crt": [theirs]}))
    assert "Fix: put its successor there as ca.next.crt and ca.next.key, and run" in found.warnings[0]


STEPS = {  # files, step -> issued, promoted, rotation afterwards, trusted
    "begin": ({}, "trust", {"ca.next.crt": "rotation", "peer-ca.next.crt": "rotation"}, [], "trust", ["ca.next", "ca"]),
    "begun, killed before the certificate": (
        {"ca.next.key": Key("x")},
        "trust",
        {"ca.next.crt": "rotation", "peer-ca.next.crt": "rotation"},
        [],
        "trust",
        ["ca.next", "ca"],
    ),
    "begun, killed before the trust": (
        {**TRUSTING, "trust.crt": [authority("ca")]},
        "trust",
        {},
        [],
        "trust",
        ["ca.next", "ca"],
    ),
    "begun already": (TRUSTING, "trust", {}, [], "trust", None),
    "in the midst, without a step": (TRUSTING, "", {}, [], "trust", None),
    "issue": (
        TRUSTING,
        "issue",
        dict.fromkeys([f"{leaf.stem}.crt" for leaf in LEAVES], "authority changed"),
        ["ca", "peer-ca"],
        "issue",
        None,
    ),
    "killed after the key of the first": (
        {**TRUSTING, "ca.next.key": None, "ca.key": Key(NEW.key)},
        "",
        {"members/a/server.crt": "authority changed", "clients/b.crt": "authority changed"},
        ["ca"],
        "trust",
        None,
    ),
    "issued already": (ISSUING, "issue", {}, [], "issue", None),
    "begin again after a kill": (ISSUING, "trust", {}, [], "issue", None),
    "without a step": (ISSUING, "", {}, [], "issue", None),
    "finish": (ISSUING, "finish", {}, [], "", ["ca"]),
    "finish, killed after the first": ({"trust.crt": ISSUING["trust.crt"]}, "finish", {}, [], "", ["ca"]),
    "begin again, killed in finish": ({"peer-trust.crt": ISSUING["peer-trust.crt"]}, "trust", {}, [], "issue", None),
    "finished already": ({}, "finish", {}, [], "", None),
}


@pytest.mark.parametrize("name", STEPS)
def test_steps(name):
    files, step, issued, promoted, rotation, trusted = STEPS[name]
    found = made(directory(files=files), rotate=step)
    assert found.refusals == []
    assert (found.issued, found.promote, found.rotation) == (issued, promoted, rotation)
    assert found.trust.get("trust.crt", (None,))[0] == trusted
    assert bool(found.warnings) == (step == "" and rotation != "")


def test_finish_trusts_nothing_old():
    found = made(directory(files=ISSUING), rotate="finish")
    assert found.trust == {"trust.crt": (["ca"], []), "peer-trust.crt": (["peer-ca"], [])}


def test_the_old_authority_stays_trusted():
    """What a run without a step writes in the midst of a rotation."""
    leaf = {"clients/b.crt": None}
    found = made(directory(files={**ISSUING, **leaf, "peer-trust.crt": None}))
    assert found.issued == {"clients/b.crt": "missing"} and "trust.crt" not in found.trust


NOT_NOW = {
    "nothing there": (None, "trust", "there is nothing to replace"),
    "issue before trust": ({}, "issue", "Fix: do the step trust first"),
    "issue, trust killed": ({**TRUSTING, "trust.crt": [authority("ca")]}, "issue", "Fix: do the step trust first"),
    "issue, the second has not begun": (
        {name: item for name, item in TRUSTING.items() if not name.startswith("peer")},
        "issue",
        "Fix: do the step trust first",
    ),
    "finish before issue": (TRUSTING, "finish", "Fix: do the step issue first"),
    "finish, one is old": (
        {**ISSUING, "clients/gone.crt": [certificate(CLIENT_LEAF, "old")]},
        "finish",
        "/pki/clients/gone.crt is signed by the old authority",
    ),
    "finish, a peer is old": (
        {**ISSUING, "members/gone/peer.crt": [certificate(PEER_LEAF, "peer-old")]},
        "finish",
        "/pki/members/gone/peer.crt is signed by the old authority",
    ),
    "authority of the user": (
        {"ca.crt": [USERS], "trust.crt": [USERS]},
        "trust",
        "Fix: put its successor there as ca.next.crt",
    ),
    "successor without its key": (
        {**TRUSTING, "ca.next.key": None},
        "issue",
        "/pki/ca.next.key is missing",
    ),
}


@pytest.mark.parametrize("name", NOT_NOW)
def test_a_step_at_a_wrong_time(name):
    files, step, words = NOT_NOW[name]
    found = made(Found() if files is None else directory(files=files), rotate=step)
    assert words in "\n".join(found.refusals)


def test_an_authority_that_has_ended_can_be_replaced():
    ended = authority("ca", -3)
    files = {"ca.crt": [ended], "trust.crt": [ended], "clients/b.crt": [certificate(CLIENT_LEAF, left=-3)]}
    found = made(directory(files=files), rotate="trust")
    assert found.refusals == [] and set(found.issued) == {"ca.next.crt", "peer-ca.next.crt"}
    assert "The new authority issues it, in the step issue" in found.warnings[0]
    files.update({**TRUSTING, "ca.crt": [ended], "trust.crt": [NEW, ended]})
    assert made(directory(files=files), rotate="issue").issued["clients/b.crt"] == "authority changed"


def test_an_authority_of_the_user_is_replaced_by_theirs():
    """Without keys: they sign the certificates too, before or after they are asked for the step issue."""
    upcoming = dataclasses.replace(NEW, organisation="Example")
    files = {**TRUSTING, **NO_KEY, "ca.next.crt": [upcoming], "ca.next.key": None, "trust.crt": [USERS]}
    assert made(directory(files=files), rotate="trust").trust["trust.crt"] == (["ca.next", "ca"], [])
    files["trust.crt"] = [upcoming, USERS]
    files["clients/b.crt"] = [certificate(CLIENT_LEAF, "new")]
    found = made(directory(files=files))
    assert (found.changed, found.refusals) == (False, [])
    found = made(directory(files=files), rotate="issue")
    assert found.refusals == [] and found.promote == ["ca", "peer-ca"] and list(found.issued) == ["members/a/peer.crt"]


def test_encryption():
    found = made(directory(), encrypt=True)
    assert "Fix: give the run a vault secret" in found.refusals[0]
    keys = {"ca.crt": [USERS], "trust.crt": [USERS], "clients/b.key": Key("key of clients/b", encrypted=True)}
    found = made(directory(files=keys), encrypt=True, vault=True)
    assert found.encrypt == ["members/a/server.key", "members/a/peer.key", "peer-ca.key"]
    assert "ansible-vault encrypt /pki/ca.key" in found.warnings[0]
    found = made(directory(files=TRUSTING), encrypt=True, vault=True, rotate="issue")
    assert found.encrypt == ["ca.key", "peer-ca.key"]
