# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The module migrate: from etcd 3.4's v2 API to the v3 API of the same etcd, of 3.5 and of 3.6."""

from __future__ import annotations

import json

import pytest
from conftest import Place, numbers, run_module
from test_secrets import Watched

VXLAN = {"Network": "10.5.0.0/16", "Backend": {"Type": "vxlan"}}
TEXT = '{ "network": "10.5.0.0/16",\n "Backend": {"Type": "vxlan"}, "note": "Zürich \\"1\\"" }'
OLD = (("n1", "192.0.2.1", "0.15.1"), ("n2", "192.0.2.2", "v0.7.1"))
DAY = 86400


class Target(Place):
    """The v3 side, with what only a migration needs to see."""

    def raw(self, name):
        """Text and seconds left (None: no end) of a key below the prefix; None where there is none."""
        found = json.loads(self.etcd.etcdctl("get", "--write-out=json", "--", f"{self.prefix}/{name}").stdout)
        if not found.get("kvs"):
            return None
        lease = found["kvs"][0].get("lease", 0)
        told = self.etcd.etcdctl("lease", "timetolive", f"{lease:x}", "--write-out=json").stdout if lease else "{}"
        return self.keys.get(f"{self.prefix}/{name}"), json.loads(told).get("ttl")

    def everything(self):
        words = ["get", "--prefix", "--write-out=json", "--", f"{self.prefix}/"]
        kvs = json.loads(self.etcd.etcdctl(*words).stdout).get("kvs") or []
        return [(kv["key"], kv["value"], kv["mod_revision"]) for kv in kvs]


@pytest.fixture
def source(servers):
    return Place(servers("3.4"), "v2", f"/old/{next(numbers)}")


@pytest.fixture(params=["3.4", "3.5", "3.6"])
def target(request, servers):
    return Target(servers(request.param), "v3", f"/test/{next(numbers)}")


@pytest.fixture
def modern(servers):
    return Target(servers("3.6"), "v3", f"/test/{next(numbers)}")


def fleet(hosts):
    return [{"host": name, "public_ip": address, "flannel_version": version} for name, address, version in hosts]


def options(source, target, hosts=OLD, old_user=None, **params):
    there = {"endpoints": [source.etcd.url], "prefix": source.prefix, **(old_user or {})}
    return {**target.connection(), "source": there, "hosts": fleet(hosts), "flannel_version": "0.28.10", **params}


def run(source, target, check_mode=False, **params):
    return run_module("migrate", check_mode, **options(source, target, **params))


def actions(result):
    return {lease["subnet"]: lease["action"] for lease in result["leases"]}


def both(source, target, **params):
    """Predicted, then done: the same answer, and the prediction writes nothing."""
    before = target.everything()
    predicted = run(source, target, True, **params)
    assert target.everything() == before
    done = run(source, target, **params)
    for one in (predicted, done):
        one.pop("invocation", None)
        assert not one.get("failed"), one
    assert predicted == done
    assert done["changed"] == (target.everything() != before)
    return done


def test_step_by_step(source, target):
    source.configure(TEXT)
    source.lease()
    source.lease("10.5.2.0-24", "192.0.2.2", ttl=4000, PublicIPv6=None)
    source.lease("10.5.3.0-24", "192.0.2.3", backend="", vni=0, ttl=0)  # reserved
    first = both(source, target)
    assert first["changed"]
    assert first["config_action"] == "copied"
    assert set(actions(first).values()) == {"copied"}
    assert target.raw("config") == (TEXT, None)
    for name, longest in (("10.5.1.0-24", DAY), ("10.5.2.0-24", DAY), ("10.5.3.0-24", None)):
        text, ttl = target.raw(f"subnets/{name}")
        assert text == source.keys.get(f"{source.prefix}/subnets/{name}")
        assert ttl is None if longest is None else DAY - 60 < ttl <= DAY

    again = both(source, target)
    assert not again["changed"]
    assert again["diff"]["before"] == again["diff"]["after"]

    source.keys.delete(f"{source.prefix}/subnets/10.5.3.0-24")
    source.lease(ttl=DAY + 1000, PublicIPv6=None)  # its flanneld was started anew
    source.lease("10.5.4.0-24", "192.0.2.4")
    refused = run(source, target)
    assert "v2 does not have 10.5.3.0/24 of 192.0.2.3" in refused["msg"]
    target.keys.delete(f"{target.prefix}/subnets/10.5.3.0-24")
    changed = both(source, target)
    assert actions(changed) == {"10.5.1.0/24": "updated", "10.5.2.0/24": "kept", "10.5.4.0/24": "copied"}
    assert changed["config_action"] == "kept"

    assert not both(source, target)["changed"]
    assert not both(source, target, hosts=[("n1", "192.0.2.1", "")])["changed"]
    assert not both(source, target, hosts=[("n1", "192.0.2.1", "0.28.10")])["changed"]


def test_a_copy_that_would_end_soon(source, modern):
    source.configure(VXLAN)
    source.lease()
    modern.configure(VXLAN)
    modern.lease(ttl=600)
    done = run(source, modern, hosts=OLD[:1])
    assert actions(done) == {"10.5.1.0/24": "renewed"}
    assert modern.raw("subnets/10.5.1.0-24")[1] > DAY - 60


def test_what_is_no_lease_is_not_copied(source, modern):
    source.configure(VXLAN)
    source.lease()
    source.keys.put(f"{source.prefix}/subnets/10.5.7.0-24", "{broken")
    source.keys.put(f"{source.prefix}/subnets/odd", "x")
    done = both(source, modern, hosts=OLD[:1])
    assert sorted(lease["action"] for lease in done["leases"]) == ["copied", "skipped", "skipped"]
    assert [finding["code"] for finding in done["findings"]] == ["malformed_value", "malformed_key"]
    assert len(modern.everything()) == 2


def refused(source, target, *words, **params):
    before = target.everything()
    for check_mode in (True, False):
        result = run(source, target, check_mode, **params)
        assert result.get("failed"), result
        assert [word for word in words if word not in result["msg"]] == [], result["msg"]
        assert "Fix: " in result["msg"]
    assert target.everything() == before


def test_refusals(source, modern):
    refused(source, modern, f"{source.prefix}/config is not in v2", hosts=OLD[:1])
    source.configure({**VXLAN, "Backend": {"Type": "gce"}})
    source.lease()
    refused(source, modern, "config: Backend.Type = 'gce'", hosts=OLD[:1])
    source.configure({**VXLAN, "SubnetLen": 25})
    refused(source, modern, "n1: 10.5.1.0/24 is not of SubnetLen 25", hosts=OLD[:1])
    source.configure(VXLAN)
    refused(source, modern, "n2: no lease of 192.0.2.2")
    refused(source, modern, "n1 run", "n2 0.18 or newer", hosts=[OLD[0], ("n2", "192.0.2.2", "0.28.10")])
    refused(source, modern, "hosts = []", hosts=[])
    refused(source, modern, "flannel_version = 0.17.0", "0.18.0 or newer", flannel_version="0.17.0")
    refused(source, modern, "api = v2", api="v2")
    source.lease("10.5.8.0-24")
    refused(source, modern, "n1: 192.0.2.1 holds 10.5.1.0/24, 10.5.8.0/24", hosts=OLD[:1])
    source.keys.delete(f"{source.prefix}/subnets/10.5.8.0-24")
    source.lease("10.5.0.0-20", "192.0.2.8")
    refused(source, modern, "10.5.1.0/24 of 192.0.2.1 overlaps 10.5.0.0/20 of 192.0.2.8", hosts=OLD[:1])


def test_somebody_uses_v3(source, modern):
    source.configure(VXLAN)
    source.lease()
    modern.configure({**VXLAN, "Network": "10.6.0.0/16"})
    modern.lease("10.6.1.0-24", "192.0.2.9")
    modern.lease("10.5.9.0-24")
    words = ["holds another configuration", "10.5.9.0/24 of 192.0.2.1 in v3 is in the way", "10.6.1.0/24 of 192.0.2.9"]
    refused(source, modern, *words, hosts=OLD[:1])
    done = both(source, modern, hosts=OLD[:1], force=True)
    assert done["removed"] == [f"{modern.prefix}/subnets/10.5.9.0-24"]
    assert (done["config_action"], modern.config) == ("replaced", VXLAN)
    assert modern.raw("subnets/10.6.1.0-24")
    assert modern.raw("subnets/10.5.9.0-24") is None
    assert not both(source, modern, hosts=OLD[:1], force=True)["changed"]


def test_v2_is_switched_off(modern):
    result = run(Place(modern.etcd, "v2", "/old"), modern)
    assert "v2 API is switched off" in result["msg"]


def test_half_way(source, start):
    """A user who may write the first two leases and nothing else: a stand-in for any failure in the middle."""
    etcd = start("3.6")
    target = Target(etcd, "v3", "/test")
    grant = ["role", "grant-permission", "flannel"]
    for words in (
        ["user", "add", "root:geheim"],
        ["user", "grant-role", "root", "root"],
        ["role", "add", "flannel"],
        [*grant, "read", "--prefix=true", "/test/"],
        [*grant, "readwrite", "/test/subnets/10.5.1.0-24", "/test/subnets/10.5.3.0-24"],
        ["user", "add", "flannel:streng:geheim"],
        ["user", "grant-role", "flannel", "flannel"],
        ["auth", "enable"],
    ):
        etcd.etcdctl(*words)
    etcd.flags = ("--user=root:geheim",)
    source.configure(VXLAN)
    for number in range(1, 5):
        source.lease(f"10.5.{number}.0-24", f"192.0.2.{number}")
    user = {"username": "flannel", "password": "streng:geheim", "old_user": {"username": "", "password": ""}}
    result = run(source, target, **user)
    assert "user flannel may not do this" in result["msg"]
    assert "2 of 5 keys were written" in result["msg"]
    assert result["done"] == ["/test/subnets/10.5.1.0-24", "/test/subnets/10.5.2.0-24"]
    assert target.raw("config") is None  # a flanneld that starts now waits
    assert len(etcd.etcdctl("lease", "list").stdout.split()) == 2 + len("found 2 leases".split())

    etcd.etcdctl(*grant, "readwrite", "--prefix=true", "/test/")
    done = run(source, target, **user)
    assert list(actions(done).values()) == ["kept", "kept", "copied", "copied"]
    assert target.config == VXLAN
    assert not run(source, target, **user)["changed"]


def test_a_full_etcd(source, start):
    target = Target(start("3.6", "--quota-backend-bytes=100000"), "v3", "/test")
    for number in range(50):
        if target.etcd.etcdctl("put", f"/fill/{number}", "x" * 10000, check=False).returncode:
            break
    source.configure(VXLAN)
    source.lease()
    result = run(source, target, hosts=OLD[:1])
    assert "etcd is full" in result["msg"]
    assert "0 of 2 keys were written" in result["msg"]
    assert target.everything() == []


def test_no_secret_is_shown(source, modern, tmp_path):
    psk = "A" * 43 + "="
    source.configure({"Network": "10.5.0.0/16", "Backend": {"Type": "wireguard", "PSK": psk}})
    source.lease(backend="wireguard", vni=0)
    secret = {"username": "u", "password": "streng:geheim"}
    watched = Watched("migrate", options(source, modern, hosts=OLD[:1], old_user=secret), tmp_path)
    assert watched.result["changed"]
    assert modern.config["Backend"]["PSK"] == psk
    assert any("etcdctl" in line for line in watched.arguments)
    assert "geheim" not in str(watched)
    assert psk not in str(watched)
