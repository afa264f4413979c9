# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Real etcd of each version, and a place in each of them."""

from __future__ import annotations

import itertools
import socket

import pytest
from etcd_kinds import Kinds, v2_options
from etcd_server import FOLDERS, Etcd, folder_of
from modules import MODULES, environment, run_ansible, run_module
from place import Place
from subjects import trials
from trial import Trial

__all__ = ["MODULES", "STORES", "Place", "environment", "run_ansible", "run_module"]

# Their tests run ansible-playbook, which takes as long as ten runs of a module.
LONG = "centos7 containers contract examples fetch secrets secrets_of_roles versions".split()
# 3.5 between them: test_mixed_programs.py, test_etcd_info.py and the users
STORES = [("3.4", "v2"), ("3.4", "v3"), ("3.6", "v3"), ("3.7", "v3")]
numbers = itertools.count(1)


def starting(tmp_path_factory):
    """Start an etcd of a version; it ends with the fixture, because idle ones cost a hundredth of a processor each."""
    started = []

    def run(version, *options, count=1, **settings):
        if not folder_of(version).is_dir():
            pytest.skip(f"no etcd {version}: {folder_of(version)} is made by tests/lab/lab prepare")
        folder = tmp_path_factory.mktemp("etcd")
        names = [f"node{number}" for number in range(1, count + 1)]
        members = [Etcd(version, folder / name, *options, name=name, **settings) for name in names]
        started.extend(members)
        for member in members:
            member.launch(members)
        for member in members:
            member.wait()
        return members[0] if count == 1 else members

    yield run
    for etcd in started:
        etcd.stop()


start = pytest.fixture(starting)
start_for_module = pytest.fixture(starting, scope="module")
start_for_all = pytest.fixture(starting, scope="session")


@pytest.fixture(scope="session")
def servers(start_for_all):
    """One shared member per version, started when it is first asked for."""
    running = {}

    def get(version):
        if version not in running:
            running[version] = start_for_all(version, *v2_options(version))
        return running[version]

    return get


@pytest.fixture(params=STORES, ids=[f"etcd{version}-{api}" for version, api in STORES])
def place(request, servers):
    version, api = request.param
    return Place(servers(version), api, f"/test/{next(numbers)}")


@pytest.fixture(params=[STORES[0], STORES[-1]], ids=["v2", "v3"])
def either(request, servers):
    """One store of each API, where the version of etcd makes no difference."""
    version, api = request.param
    return Place(servers(version), api, f"/test/{next(numbers)}")


@pytest.fixture
def newest(servers):
    version = next(version for version in reversed(FOLDERS) if folder_of(version).is_dir())
    return Place(servers(version), "v3", f"/test/{next(numbers)}")


@pytest.fixture(scope="session")
def kinds(start_for_all, tmp_path_factory):
    return Kinds(start_for_all, tmp_path_factory.mktemp("ca"))


def pytest_collection_modifyitems(items):
    """The long ones come first: none of them is begun when the other workers have nothing left."""
    items.sort(key=lambda item: item.path.stem.removeprefix("test_") not in LONG)


def pytest_generate_tests(metafunc):
    """A `trial` is any module of the action group by any of its APIs, a `writer` one that writes."""
    for name, writers_only in (("trial", False), ("writer", True)):
        if name in metafunc.fixturenames:
            apis = ("v3",) if "only_v3" in metafunc.fixturenames else ("v2", "v3")
            found = [one for one in trials(metafunc.function.__name__, writers_only) if one[1] in apis]
            metafunc.parametrize(name, found, ids=["-".join(one) for one in found], indirect=True)


@pytest.fixture
def trial(request, kinds):
    return Trial(*request.param, kinds)


writer = trial


@pytest.fixture
def only_v3():
    """For what only the v3 API has."""


@pytest.fixture
def mute():
    """A port that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}"
