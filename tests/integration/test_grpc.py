# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is read by gRPC is what etcdctl reads, on real etcd: leases, times, the state of a member, and what a user may not read."""

from __future__ import annotations

import dataclasses
import socket
import threading

import pytest
from etcd_secured import Secured

from ansible_collections.overlay.flannel.plugins.module_utils.common.errors import DeclinedError, StoreError
from ansible_collections.overlay.flannel.plugins.module_utils.etcd.connection import Connection
from ansible_collections.overlay.flannel.plugins.module_utils.etcd.store_grpc import ReadOnlyStore
from ansible_collections.overlay.flannel.plugins.module_utils.etcd.store_v3 import StoreV3
from ansible_collections.overlay.flannel.plugins.module_utils.etcd_cluster import collect_grpc, collect_v3

PREFIX = "/flannel/network"
MANY = 400  # leases of more than one HTTP/2 frame, and more than the first window of a stream


def connection(found, timeout=10):
    names = ("ca_cert", "client_cert", "client_key", "etcdctl")
    given = {name: found[name] for name in names if found.get(name)}
    return Connection(tuple(found["endpoints"]), timeout=timeout, **given)


@pytest.fixture(params=["3.4", "3.6"], scope="module")
def secured(request, start_for_module, tmp_path_factory):
    """With users, as the playbooks make them."""
    found = Secured(start_for_module, tmp_path_factory.mktemp("grpc"), request.param)
    found.etcd.etcdctl("put", f"{PREFIX}/config", '{"Network": "10.20.0.0/16"}')
    lease = found.etcd.etcdctl("lease", "grant", "3600").stdout.split()[1]
    found.etcd.etcdctl("put", f"--lease={lease}", f"{PREFIX}/subnets/10.20.1.0-24", '{"PublicIP": "192.0.2.1"}')
    found.etcd.etcdctl("put", f"{PREFIX}/subnets/10.20.2.0-24", '{"PublicIP": "192.0.2.2"}')
    found.works()
    return found


@pytest.mark.parametrize("user", ["root", "reader"])
def test_leases_are_those_of_etcdctl(secured, user):
    told = connection(secured.connection(user))
    ours, theirs = ReadOnlyStore(told), StoreV3(told)
    entries = ours.list_prefix(f"{PREFIX}/")
    assert len(entries) == 3 and entries == theirs.list_prefix(f"{PREFIX}/")
    assert ours.get(f"{PREFIX}/config") == theirs.get(f"{PREFIX}/config")
    assert ours.get(f"{PREFIX}/nothing") is None
    ttls = ours.ttls(entries)
    assert {key: ttl is None for key, ttl in ttls.items()} == {
        key: ttl is None for key, ttl in theirs.ttls(entries).items()
    }
    assert 3500 < ttls[f"{PREFIX}/subnets/10.20.1.0-24"] <= 3600


@pytest.mark.parametrize("user", ["root", "reader"])
def test_the_member_is_that_of_etcdctl(secured, user):
    told = connection(secured.connection(user))
    (ours,), (theirs,) = (one.collect(told, told.endpoints, 10) for one in (collect_grpc, collect_v3))
    moving = ("raft_index", "raft_applied_index")
    for name in moving:
        assert getattr(ours.status, name) >= 1 and getattr(theirs.status, name) >= 1
    still = dict.fromkeys(moving, 0)
    assert ours.status._replace(**still) == theirs.status._replace(**still)
    assert ours.status.version.startswith(secured.etcd.version) and ours.status.db_quota
    for field in dataclasses.fields(ours):
        if field.name != "status":
            assert getattr(ours, field.name) == getattr(theirs, field.name), field.name


def test_what_a_user_may_not_read_is_refused(secured):
    """flannel's user reads the configuration and the leases, each for itself."""
    store = ReadOnlyStore(connection(secured.connection("flannel")))
    with pytest.raises(DeclinedError, match="etcd refused to answer"):
        store.list_prefix(f"{PREFIX}/")
    assert store.get(f"{PREFIX}/config") and len(store.list_prefix(f"{PREFIX}/subnets")) == 2
    with pytest.raises(DeclinedError):
        ReadOnlyStore(connection(secured.connection("stranger"))).get(f"{PREFIX}/config")


def test_an_alarm_is_seen(start):
    """It is raised by the write that would not fit any more, with 256 bytes for what etcd notes of it (etcd 3.6, server/storage/quota.go)."""
    quota, size = 100000, 10000
    etcd = start("3.6", f"--quota-backend-bytes={quota}")
    for number in range(200):
        if etcd.etcdctl("put", f"/fill/{number}", "x" * size, check=False).returncode:
            break
    (found,) = collect_grpc.collect(Connection((etcd.url,)), [etcd.url], 10)
    assert [alarm.kind for alarm in found.alarms] == ["NOSPACE"] and found.alarms[0].member_id == found.status.member_id
    assert found.status.db_quota == quota and found.status.db_size > quota - size - 300


def test_many_leases_without_tls(servers):
    etcd = servers("3.7")
    value = '{"PublicIP": "192.0.2.1", "BackendType": "vxlan", "pad": "' + "x" * 400 + '"}'
    words = "".join(f"put /many/subnets/10.{number // 250}.{number % 250}.0-24 '{value}'\n" for number in range(100))
    for start in range(0, MANY, 100):
        text = words.replace("/many/subnets/10.", f"/many/subnets/1{start // 100}.")
        etcd.etcdctl("txn", stdin=f"\n{text}\n\n")
    told = Connection((etcd.url,), etcdctl=etcd.etcdctl_path)
    found = ReadOnlyStore(told).list_prefix("/many/")
    assert len(found) == MANY and found == StoreV3(told).list_prefix("/many/")


def test_the_next_endpoint_is_asked_where_one_is_silent(servers):
    """It takes connections, and says nothing."""
    etcd = servers("3.7")
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        told = Connection((url, etcd.url), timeout=3)
        assert ReadOnlyStore(told).get("/nothing") is None
        with pytest.raises(StoreError, match=f"{url}: no answer within"):
            ReadOnlyStore(dataclasses.replace(told, endpoints=(url,), timeout=1)).get("/nothing")


def test_who_is_not_etcd_is_named():
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        thread = threading.Thread(target=answer_as_http_1, args=(other,), daemon=True)
        thread.start()
        url = f"http://127.0.0.1:{other.getsockname()[1]}"
        with pytest.raises(StoreError, match=url):
            ReadOnlyStore(Connection((url,), timeout=2)).get("/nothing")


def answer_as_http_1(listening):
    taken, _address = listening.accept()
    with taken:
        taken.recv(1000)
        taken.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
