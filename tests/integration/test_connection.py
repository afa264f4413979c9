# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""etcd that is not there, does not answer, or does not want us: one clear error each, in time, and nothing changes."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time

import pytest
from certificates import DAY, Authority
from conftest import MODULES, STORES, Place, environment, run_module
from etcd_server import free_port

VXLAN = {"Network": "10.5.0.0/16", "Backend": {"Type": "vxlan"}}
SLACK = 15  # seconds that starting Python may take on a busy machine


def run(place, **params):
    return run_module("network", **{**place.connection(), "config": VXLAN, **params})


def failed(result, *words):
    assert result.get("failed"), result
    assert [word for word in words if word not in result["msg"]] == [], result["msg"]
    assert "Fix: " in result["msg"]


@pytest.fixture
def mute():
    """A port that takes connections and never says a word."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        yield f"http://127.0.0.1:{server.getsockname()[1]}"


def test_nobody_there(place):
    url = f"http://127.0.0.1:{free_port()}"
    started = time.monotonic()
    failed(run(place, endpoints=[url], timeout=30), url, "connection refused")
    assert time.monotonic() - started < SLACK  # at once, not after the time-out


def test_no_such_name(newest):
    url = "http://etcd.invalid:2379"
    failed(run(newest, endpoints=[url], timeout=5), url, "does not resolve")


def test_somebody_mute(place, mute):
    started = time.monotonic()
    failed(run(place, endpoints=[mute], timeout=3), mute, "no answer within")
    assert time.monotonic() - started < 3 + SLACK


def test_a_member_that_hangs(start):
    etcd = start("3.6")
    place = Place(etcd, "v3", "/test")
    assert run(place)["changed"]
    etcd.process.send_signal(signal.SIGSTOP)
    try:
        started = time.monotonic()
        failed(run(place, timeout=4), etcd.url, "no answer within")
        assert time.monotonic() - started < 4 + SLACK
    finally:
        etcd.process.send_signal(signal.SIGCONT)


def test_the_next_endpoint_answers(place, mute):
    nobody = f"http://127.0.0.1:{free_port()}"
    assert run(place, endpoints=[nobody, place.etcd.url])["changed"]
    assert run(place, endpoints=[mute, place.etcd.url], timeout=8)["after"] == VXLAN


def test_not_etcd(newest, mute):
    failed(run(newest, endpoints=[newest.etcd.url.replace("http:", "https:")], timeout=5), "TLS: ")


@pytest.mark.parametrize("api", ["v2", "auto"])
def test_v2_where_it_is_switched_off(newest, api):
    failed(run(newest, api=api, flannel_version="0.17.0"), "v2 API is switched off", "--enable-v2")


@pytest.mark.parametrize(("version", "found"), [("3.4", None), ("3.5", "v3"), ("3.6", "v3")])
def test_the_api_that_answers(servers, version, found):
    place = Place(servers(version), "auto", f"/test/auto{version}")
    result = run(place)
    if found:
        assert result["api"] == found
    else:
        failed(result, "etcd answers v2 and v3", "flannel_version")
        assert run(place, flannel_version="0.17.0")["api"] == "v2"
        assert run(place, flannel_version="0.18.0")["api"] == "v3"


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"endpoints": ["127.0.0.1:2379"]}, ["endpoints = 127.0.0.1:2379", "http://HOST:PORT"]),
        ({"prefix": "/"}, ["prefix = '/'", "/flannel/network"]),
        ({"timeout": 0}, ["timeout = 0", "1 or more"]),
        ({"ca_cert": "/nowhere/ca.pem"}, ["ca_cert = /nowhere/ca.pem", "can be read"]),
        ({"etcdctl": "/nowhere/etcdctl"}, ["etcdctl = /nowhere/etcdctl", "install it"]),
        ({"username": "a:b", "password": "geheim"}, ["username = 'a:b'", "without a colon"]),
    ],
)
def test_bad_options(newest, changed, words):
    failed(run(newest, **changed), *words)
    assert newest.config is None


def test_a_missing_library(servers, tmp_path):
    """An empty module of that name stands for a host without python-etcd."""
    (tmp_path / "etcd.py").write_text("raise ImportError('No module named etcd')")
    place = Place(servers("3.4"), "v2", "/test/library")
    params = {**place.connection(), "config": VXLAN}
    paths = os.pathsep.join([str(tmp_path), environment()["PYTHONPATH"]])
    done = subprocess.run(
        [sys.executable, "-m", MODULES + "network"],
        env={**environment(), "PYTHONPATH": paths},
        input=json.dumps({"ANSIBLE_MODULE_ARGS": params}),
        capture_output=True,
        check=False,
        text=True,
    )
    message = json.loads(done.stdout)["msg"]
    assert "Failed to import the required Python library (python-etcd)" in message
    assert socket.gethostname() in message


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    return Authority(tmp_path_factory.mktemp("ca"))


@pytest.fixture(scope="module")
def client(authority):
    return authority.issue("client")


@pytest.fixture(scope="module", params=STORES, ids=[f"etcd{version}-{api}" for version, api in STORES])
def secure(request, start, authority, client):
    """etcd that wants a certificate of each client."""
    version, api = request.param
    certificate, key = authority.issue(f"server{version}{api}")
    options = [f"--cert-file={certificate}", f"--key-file={key}", f"--trusted-ca-file={authority.certificate}"]
    flags = (f"--cacert={authority.certificate}", f"--cert={client[0]}", f"--key={client[1]}")
    v2 = ["--enable-v2"] if api == "v2" else []
    return Place(start(version, "--client-cert-auth", *options, *v2, scheme="https", flags=flags), api, "/test")


def tls(authority, certificate):
    return {"ca_cert": str(authority.certificate), "client_cert": certificate[0], "client_key": certificate[1]}


def test_tls(secure, authority, client):
    assert not run(secure, **tls(authority, client), state="absent").get("failed")
    assert run(secure, **tls(authority, client))["changed"]
    assert not run(secure, **tls(authority, client))["changed"]


def test_tls_with_another_authority(secure, client, tmp_path):
    other = Authority(tmp_path, "other")
    failed(run(secure, **tls(other, client), timeout=5), "TLS: ")


def test_tls_without_a_certificate(secure, authority):
    failed(run(secure, ca_cert=str(authority.certificate), timeout=5), "TLS: ")


def test_tls_with_a_certificate_that_has_ended(secure, authority):
    ended = authority.issue("ended", lasts=-DAY)
    failed(run(secure, **tls(authority, ended), timeout=5), "TLS: ")


def test_plain_text_where_tls_is_wanted(secure):
    result = run(secure, endpoints=[secure.etcd.url.replace("https:", "http:")], timeout=5)
    assert result["failed"]
    assert "Fix: " in result["msg"]


@pytest.fixture(scope="module", params=["3.4", "3.6"])
def guarded(request, start):
    """etcd with users; `flannel` may do all below /test/ and nothing else."""
    etcd = start(request.param)
    for words in (
        ["user", "add", "root:geheim"],
        ["user", "grant-role", "root", "root"],
        ["role", "add", "flannel"],
        ["role", "grant-permission", "flannel", "readwrite", "--prefix=true", "/test/"],
        ["user", "add", "flannel:streng:geheim"],
        ["user", "grant-role", "flannel", "flannel"],
        ["auth", "enable"],
    ):
        etcd.etcdctl(*words)
    return Place(etcd, "v3", "/test")


USER = {"username": "flannel", "password": "streng:geheim"}


def test_users(guarded):
    assert not run(guarded, **USER, state="absent").get("failed")
    assert run(guarded, **USER)["changed"]
    assert run_module("lease_info", **guarded.connection(), **USER)["config"] == VXLAN


def test_wrong_password(guarded):
    result = run(guarded, username="flannel", password="streng:falsch")
    failed(result, "wrong username or password", guarded.etcd.url)
    assert "streng:falsch" not in json.dumps(result)


def test_no_password(guarded):
    failed(run(guarded), "etcd wants a user, and none was given")


def test_no_right(guarded):
    failed(run(guarded, **USER, prefix="/other"), "user flannel may not do this", "readwrite")


def test_the_password_is_in_no_argument(guarded):
    """Looks at the arguments of all processes while the module runs."""
    seen, over = [], threading.Event()
    watcher = threading.Thread(target=watch, args=(seen, over))
    watcher.start()
    result = run(guarded, **USER)
    over.set()
    watcher.join()
    assert not result.get("failed")
    assert any("etcdctl" in line for line in seen)
    assert not any("geheim" in line for line in seen)
    assert "geheim" not in json.dumps(result)


def watch(seen, over):
    while not over.is_set():
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                with open(f"/proc/{pid}/cmdline", "rb") as arguments:
                    line = arguments.read().decode("utf-8", "replace")
            except OSError:
                continue
            if "etcdctl" in line or "geheim" in line:
                seen.append(line)


def test_variables_of_the_caller_do_not_disturb(newest, monkeypatch):
    monkeypatch.setenv("ETCDCTL_ENDPOINTS", "http://192.0.2.99:2379")
    monkeypatch.setenv("ETCDCTL_COMMAND_TIMEOUT", "1ms")
    monkeypatch.setenv("ETCDCTL_WRITE_OUT", "table")
    assert run(newest)["changed"]


@pytest.mark.parametrize("version", ["3.4", "3.6"])
def test_a_full_etcd(start, version):
    place = Place(start(version, "--quota-backend-bytes=100000"), "v3", "/test")
    fill(place.etcd)
    failed(run(place), "etcd is full", "alarm disarm")
    assert place.config is None


def fill(etcd):
    for number in range(50):
        if etcd.etcdctl("put", f"/fill/{number}", "x" * 10000, check=False).returncode:
            return
    raise AssertionError("etcd did not become full")
