# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What holds for every input: there and back, and no crash."""

from __future__ import annotations

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from ansible_collections.overlay.flannel.plugins.module_utils.etcd.store import Entry
from ansible_collections.overlay.flannel.plugins.module_utils.flannel import go_json, go_json_parser
from ansible_collections.overlay.flannel.plugins.module_utils.flannel.config import check, check_dict, encode, problems
from ansible_collections.overlay.flannel.plugins.module_utils.flannel.config_types import Prefix, address_text
from ansible_collections.overlay.flannel.plugins.module_utils.flannel.keys import keys_below
from ansible_collections.overlay.flannel.plugins.module_utils.flannel.lease import (
    Subnets,
    make_key,
    parse_key,
    parse_value,
)
from ansible_collections.overlay.flannel.plugins.module_utils.registry.leases import parse_entries

settings.register_profile("same", derandomize=True, max_examples=150, deadline=None, database=None)
settings.load_profile("same")

RELEASES = st.sampled_from(["0.7.1", "0.14.0", "0.15.0", "0.19.2", "0.20.0", "0.26.7", "0.28.10"])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
)
# Any characters, halves of surrogates included, and bytes as the stores hand them out.
ANY_TEXT = st.text(st.characters()) | st.binary().map(lambda data: data.decode("utf-8", "backslashreplace"))
JSON_LIKE = st.lists(
    st.sampled_from(list('{}[]:,"\\ -.0123eEu') + ["null", "true", '"PublicIP":"10.0.0.1"', "\ud800"])
).map("".join)
LEASE_KEYS = st.builds("{}{}".format, st.sampled_from(["/x/subnets/", "/x/subnets_old/"]), ANY_TEXT | JSON_LIKE)
PREFIXES4 = st.builds(Prefix, st.integers(0, 2**32 - 1), st.integers(0, 31), st.just(32))
# flannel writes addresses of up to four bytes, and ::ffff:a.b.c.d, so that it cannot read them again
PREFIXES6 = st.builds(Prefix, st.integers(2**48, 2**128 - 1), st.integers(0, 127), st.just(128))


@given(PREFIXES4, st.none() | PREFIXES6)
def test_lease_keys_there_and_back(ipv4, ipv6):
    subnets = Subnets(ipv4, ipv6)
    assert parse_key("/x/subnets/" + make_key(subnets)) == subnets


@given(st.integers(0, 2**32 - 1), st.text(), VALUES)
def test_lease_values_there_and_back(address, backend, data):
    written = {"PublicIP": address_text(address, 32), "BackendType": backend, "BackendData": data}
    found = parse_value(json.dumps(written))
    assert (found.public_ip, found.backend) == (written["PublicIP"], backend)
    assert json.loads(json.dumps(found.backend_data)) == json.loads(json.dumps(data))


@given(VALUES, st.booleans())
def test_both_readers_of_json_read_the_same(value, ascii_only):
    text = json.dumps(value, ensure_ascii=ascii_only, indent=1)
    fast, exact = go_json.parse(text), go_json_parser.parse(text)
    assert fast == exact
    assert go_json.plain(exact) == json.loads(text)
    assert go_json.plain(go_json_parser.parse(go_json.written(fast))) == json.loads(text)


@given(JSON_LIKE | ANY_TEXT)
def test_both_readers_of_json_refuse_the_same(text):
    reasons = []
    for parse in (go_json.parse, go_json_parser.parse):
        try:
            parse(text)
        except ValueError as error:
            reasons.append(str(error))
    assert not reasons or (len(reasons) == 2 and reasons[0] == reasons[1])


@given(st.integers(8, 22), st.integers(0, 2**24 - 1), st.sampled_from(["vxlan", "host-gw", "udp"]), RELEASES)
def test_networks_there_and_back(length, start, backend, release):
    network = f"{address_text((10 << 24) + start, 32)}/{length}"
    config = check_dict({"Network": network, "SubnetLen": "24", "Backend": {"Type": backend}}, release)
    again = {name: value for name, value in config.to_dict().items() if value is not False}
    again["Backend"] = {name: value for name, value in again["Backend"].items() if value is not None}
    assert check(encode(again), release) == config


@given(ANY_TEXT | JSON_LIKE | VALUES, RELEASES)
def test_no_network_is_too_odd(network, release):
    for finding in problems(network, release):
        assert finding.code and finding.seen and finding.expected and finding.fix


@given(st.lists(st.tuples(LEASE_KEYS, ANY_TEXT | JSON_LIKE | VALUES.map(json.dumps)), max_size=5), RELEASES)
def test_no_lease_is_too_odd(pairs, release):
    entries = [Entry(key, value, 1) for key, value in pairs]
    parsed = parse_entries(entries, keys_below("/x", "v3"), release, {}, 0.0)
    assert {finding.code for finding in parsed.findings} <= {"malformed_key", "malformed_value"}
    assert len(parsed.leases) + len(parsed.findings) >= len(entries)
    json.dumps([lease.to_dict() for lease in parsed.leases]).encode("ascii")
