# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Our readers of a lease's key and value take and refuse what flannel's registry does, and read the same."""

from __future__ import annotations

import collections

import lease_texts
from conftest import COUNT, SEED
from texts import many

from ansible_collections.overlay.flannel.plugins.module_utils.flannel import go_json
from ansible_collections.overlay.flannel.plugins.module_utils.flannel.lease import (
    LeaseError,
    make_key,
    parse_key,
    parse_value,
)


def our_key(key):
    try:
        subnets = parse_key(key)
    except LeaseError:
        return None
    return {
        "subnet": str(subnets.ipv4),
        "ipv6_subnet": str(subnets.ipv6 or ""),
        "key": make_key(subnets),
    }


def our_value(value):
    try:
        return parse_value(value)._asdict()
    except LeaseError:
        return None


def their_key(theirs):
    return {name: theirs.get(name, "") for name in ("subnet", "ipv6_subnet", "key")} if "key" in theirs else None


def their_value(theirs):
    if "reason" in theirs:
        return None
    texts = {name: theirs.get(name, "") for name in ("public_ip", "public_ipv6", "backend")}
    data = {
        name: go_json.plain(go_json.parse(theirs.get(name, "null"))) for name in ("backend_data", "backend_v6_data")
    }
    return {**texts, **data}


def differing(judged):
    return [
        f"{text[:400]!r}\n  flannel: {theirs}\n  ours: {own}"
        for text, theirs, own, expected in judged
        if own != expected
    ]


def test_keys(ask, tell, version):
    keys = many(lease_texts.key, SEED, COUNT)
    answers = ask("lease", [(key, "{}") for key in keys])
    wrong = differing((key, theirs, our_key(key), their_key(theirs)) for key, theirs in zip(keys, answers))
    counts = collections.Counter("key" in theirs for theirs in answers)
    tell(f"flannel {version}: {len(keys)} keys, {counts[True]} taken, {len(wrong)} disagreements")
    assert not wrong, f"{len(wrong)} disagreements:\n" + "\n".join(wrong[:10])
    assert len(answers) == COUNT and min(counts.values()) > COUNT // 10


def test_values(ask, tell, version):
    values = many(lease_texts.value, SEED, COUNT)
    answers = ask("lease", [("/x/subnets/10.5.1.0-24", value) for value in values])
    wrong = differing((value, theirs, our_value(value), their_value(theirs)) for value, theirs in zip(values, answers))
    counts = collections.Counter("reason" in theirs for theirs in answers)
    tell(f"flannel {version}: {len(values)} values, {counts[False]} taken, {len(wrong)} disagreements")
    assert not wrong, f"{len(wrong)} disagreements:\n" + "\n".join(wrong[:10])
    assert len(answers) == COUNT and min(counts.values()) > COUNT // 10
