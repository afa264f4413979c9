# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import time

import pytest

from ansible_collections.overlay.flannel.plugins.module_utils.etcd.connection import Connection
from ansible_collections.overlay.flannel.plugins.module_utils.etcd_cluster.collect import read_cluster
from ansible_collections.overlay.flannel.plugins.module_utils.etcd_cluster.model import Endpoint, Member, Status

A, B, C = "http://a:1", "http://b:1", "http://c:1"
MEMBERS = (
    Member("1", "node1", ("http://a:2",), ("http://other:1", A)),
    Member("2", "node2", ("http://b:2",), (B, "unix://etcd.sock")),
    Member("3", "node3", ("http://c:2",), (C, B)),
)
OWNERS = {A: "1", B: "2", C: "3"}


class Collector:
    def __init__(self, down=(), takes=0.0):
        self.down = down
        self.takes = takes
        self.asked = []

    def __call__(self, connection, urls, seconds):
        self.asked.append((list(urls), round(seconds, 1)))
        time.sleep(self.takes)
        return [
            Endpoint(url, cause="down")
            if url in self.down
            else Endpoint(url, status=Status(OWNERS[url], "c", "3.6.14", "1"), members=MEMBERS)
            for url in urls
        ]


@pytest.mark.parametrize(
    ("given", "down", "whole", "asked"),
    [
        ((A,), (), False, [([A], 8)]),
        ((A,), (), True, [([A], 4), ([B, C], 8)]),
        ((A, B), (B,), True, [([A, B], 4), ([C], 8)]),
        ((A, B, C), (), True, [([A, B, C], 4)]),
        ((A,), (A,), True, [([A], 4)]),
    ],
)
def test_who_is_asked(given, down, whole, asked):
    collect = Collector(down)
    cluster = read_cluster(Connection(given), collect, whole, 8)
    assert collect.asked == asked
    assert [one.url for one in cluster.endpoints if one.given] == list(given)
    assert len(cluster.endpoints) == sum(len(urls) for urls, _seconds in asked)


def test_the_second_look_has_what_is_left():
    collect = Collector(takes=0.5)
    read_cluster(Connection((A,)), collect, True, 2)
    assert [seconds for _urls, seconds in collect.asked] == [1, 1.5]
