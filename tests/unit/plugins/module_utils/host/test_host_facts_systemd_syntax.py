# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import json

import pytest

from ansible_collections.overlay.flannel.plugins.module_utils.host.facts.systemd_syntax import (
    command_of,
    expand,
    parse_environment_file,
    split_words,
)


def test_as_systemd_reads_it(recorded):
    """odd_env.json is what systemd 252, 257 and 262 gave to a process."""
    assert parse_environment_file(recorded("odd.env")) == json.loads(recorded("odd_env.json"))


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("", {}),
        ("no assignment", {}),
        ("A=1\r\nB=2\r\n", {"A": "1", "B": "2"}),
        ("A=1", {"A": "1"}),
        ("A='open", {"A": "open"}),
        ("A=1\nA=2\n", {"A": "2"}),
    ],
)
def test_environment_file(text, values):
    assert parse_environment_file(text) == values


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("a  b\tc", ["a", "b", "c"]),
        ("'a b' \"c d\"", ["a b", "c d"]),
        ("--x='a b'c", ["--x=a bc"]),
        (r"a\ b \x41 \t", ["a b", "A", "\t"]),
        ("''", [""]),
        ("'open", None),
        (r"\q", None),
        (r"\xZZ", None),
        ("", []),
    ],
)
def test_words(line, words):
    assert split_words(line) == words


@pytest.mark.parametrize(
    ("exec_start", "words"),
    [
        ("/usr/bin/etcd --name x", ["/usr/bin/etcd", "--name", "x"]),
        ("-!/usr/bin/etcd 100%%", ["/usr/bin/etcd", "100%"]),
        ("@/usr/bin/etcd other-name", None),
        ("/usr/bin/etcd --name %H", None),
        ("/bin/a ; /bin/b", None),
        ("", None),
    ],
)
def test_command(exec_start, words):
    assert command_of(exec_start) == words


@pytest.mark.parametrize(
    ("words", "argv"),
    [
        (["d", "$OPTS"], ["d", "--a", "b c"]),
        (["d", "${OPTS}"], ["d", "--a 'b c'"]),
        (["d", "x${ONE}y", "x$ONE", "$$ONE"], ["d", "x1y", "x$ONE", "$ONE"]),
        (["d", "$NONE", "${NONE}"], ["d", ""]),
        (["d", "$BAD"], None),
    ],
)
def test_expansion(words, argv):
    assert expand(words, {"OPTS": "--a 'b c'", "ONE": "1", "BAD": "'"}) == argv
