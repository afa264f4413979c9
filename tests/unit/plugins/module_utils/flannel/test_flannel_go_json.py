# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from ansible_collections.overlay.flannel.plugins.module_utils.flannel import go_json

READERS = {
    "SubnetLen": go_json.read_uint,
    "Port": go_json.read_int,
    "GBP": go_json.read_bool,
    "Type": go_json.read_string,
}


@pytest.mark.parametrize(
    "text",
    ["", "{", '{"a":1,}', "{'a':1}", "[1,]", '{"a":NaN}', '{"a":01}', '{"a":1} {}', "\ufeff{}", '{"a":"\\x"}', '"\n"']
    + ["[" * 100000],
)
def test_no_json(text):
    with pytest.raises(ValueError):
        go_json.parse(text)


@pytest.mark.parametrize(
    ("text", "raw"),
    [
        ('"10.5.0.0/16"', "10.5.0.0/16"),
        (r'"10.5.0.0\/16"', r"10.5.0.0\/16"),
        (r'"a\"b\\"', r"a\"b\\"),
        (r'["\u0041", "\\"]', [r"\u0041", r"\\"]),
    ],
)
def test_texts_stay_as_written(text, raw):
    assert go_json.parse(text) == raw


@pytest.mark.parametrize("text", [r'{"a\"": ["\u00e9", 1.5, null, true, {"b": "\\"}]}', '{"a": 12345678901234567890}'])
def test_plain_is_what_python_reads(text):
    import json

    assert go_json.plain(go_json.parse(text)) == json.loads(text)


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ('{"SubnetLen":24}', {"SubnetLen": 24}),
        ('{"SUBNETlen":24}', {"SubnetLen": 24}),
        ('{"\u017fubnetLen":24}', {"SubnetLen": 24}),
        (r'{"\u0053ubnetLen":24}', {"SubnetLen": 24}),
        ('{"SubnetLen":24,"subnetlen":25}', {"SubnetLen": 25}),
        ('{"SubnetLen":24,"SubnetLen":null}', {"SubnetLen": 24}),
        ('{"SubnetLen":18446744073709551615}', {"SubnetLen": 2**64 - 1}),
        ('{"Port":-1,"GBP":true,"Type":"v\\u0078lan","other":[]}', {"Port": -1, "GBP": True, "Type": "vxlan"}),
        ('{"Port":-0}', {"Port": 0}),
    ],
)
def test_fields(text, values):
    assert go_json.fields(go_json.parse(text), READERS) == (values, None)


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ('{"SubnetLen":"24"}', ("SubnetLen", "24", "uint")),
        ('{"SubnetLen":-1}', ("SubnetLen", "-1", "uint")),
        ('{"SubnetLen":-0}', ("SubnetLen", "-0", "uint")),
        ('{"SubnetLen":24.0}', ("SubnetLen", "24.0", "uint")),
        ('{"SubnetLen":2.4e1}', ("SubnetLen", "2.4e1", "uint")),
        ('{"SubnetLen":18446744073709551616}', ("SubnetLen", "18446744073709551616", "uint")),
        ('{"Port":9223372036854775808}', ("Port", "9223372036854775808", "int")),
        ('{"GBP":1,"Type":2}', ("GBP", "1", "bool")),
        ('{"GBP":"true"}', ("GBP", "true", "bool")),
        ('{"Type":["a"]}', ("Type", ["a"], "string")),
        ('{"Type":5}', ("Type", "5", "string")),
    ],
)
def test_wrong_types(text, wrong):
    assert go_json.fields(go_json.parse(text), READERS).wrong == wrong


@pytest.mark.parametrize(
    ("text", "kind"), [("1.5", "number"), ("true", "bool"), ("{}", "object"), ("[]", "array"), ('"a"', "string")]
)
def test_kinds(text, kind):
    assert go_json.kind_of(go_json.parse(text)) == kind


@pytest.mark.parametrize("text", ["null", "true", "1.50", '"a\\/b"', '[1,"x",{}]', '{"a":{"a":[]},"a":2}'])
def test_written_again(text):
    assert go_json.written(go_json.parse(text)) == text
