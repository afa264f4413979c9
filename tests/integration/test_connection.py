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
import time

import pytest
from conftest import MODULES, Place, environment, run_module
from etcd_server import own_port

VXLAN = {"Network": "10.5.0.0/16", "Backend": {"Type": "vxlan"}}
SLACK = 15  # seconds that starting Python may take on a busy machine


def run(place, **params):
    return run_module("network", **{**place.connection(), "config": VXLAN, **params})


def failed(result, *words):
    assert result.get("failed"), result
    assert [word for word in words if word not in result["msg"]] == [], result["msg"]
    assert "Fix: " in result["msg"]


def test_no_such_name(newest):
    url = "http://etcd.invalid:2379"
    failed(run(newest, endpoints=[url], timeout=5), url, "does not resolve")


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
    nobody = f"http://127.0.0.1:{own_port()}"
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


def test_variables_of_the_caller_do_not_disturb(newest, monkeypatch):
    monkeypatch.setenv("ETCDCTL_ENDPOINTS", "http://192.0.2.99:2379")
    monkeypatch.setenv("ETCDCTL_COMMAND_TIMEOUT", "1ms")
    monkeypatch.setenv("ETCDCTL_WRITE_OUT", "table")
    assert run(newest)["changed"]
