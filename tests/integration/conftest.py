# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Real etcd of each version, and the modules as Ansible runs them."""

from __future__ import annotations

import dataclasses
import itertools
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from etcd_server import FOLDERS, Etcd, Keys, folder_of

ROOT = Path(__file__).parents[2]
COLLECTIONS = ROOT / ".collections"
MODULES = "ansible_collections.overlay.flannel.plugins.modules."
STORES = [("3.4", "v2"), ("3.4", "v3"), ("3.5", "v3"), ("3.6", "v3")]
numbers = itertools.count(1)


@pytest.fixture(scope="session")
def start(tmp_path_factory):
    """Start an etcd of a version; each ends with the session."""
    started = []

    def run(version, *options, **settings):
        if not folder_of(version).is_dir():
            pytest.skip(f"no etcd {version}: {folder_of(version)} is made by tests/lab/lab prepare")
        etcd = Etcd(version, tmp_path_factory.mktemp("etcd") / "data", *options, **settings)
        started.append(etcd)
        return etcd.start()

    yield run
    for etcd in started:
        etcd.stop()


@pytest.fixture(scope="session")
def servers(start):
    """One shared member per version, started when it is first asked for."""
    running = {}

    def get(version):
        if version not in running:
            running[version] = start(version, *(["--enable-v2"] if version == "3.4" else []))
        return running[version]

    return get


@dataclasses.dataclass
class Place:
    """A prefix of its own in one store."""

    etcd: Etcd
    api: str
    prefix: str

    @property
    def keys(self):
        return Keys(self.etcd, self.api)

    @property
    def config_key(self):
        return f"{self.prefix}/config"

    @property
    def config(self):
        text = self.keys.get(self.config_key)
        return json.loads(text) if text else None

    def connection(self, **changed):
        return {
            "endpoints": [self.etcd.url],
            "prefix": self.prefix,
            "api": self.api,
            "etcdctl": self.etcd.etcdctl_path,
            **changed,
        }

    def configure(self, config):
        self.keys.put(self.config_key, config if isinstance(config, str) else json.dumps(config))

    def lease(self, subnet="10.5.1.0-24", public_ip="192.0.2.1", backend="vxlan", vni=1, ttl=80000, **more):
        data = {"BackendData": {"VNI": vni, "VtepMAC": "82:5c:0f:11:22:33"}} if vni else {}
        value = {"PublicIP": public_ip, **({"BackendType": backend} if backend else {}), **data, **more}
        self.keys.put(f"{self.prefix}/subnets/{subnet}", json.dumps(value), ttl)


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


def environment():
    clean = {name: value for name, value in os.environ.items() if not name.startswith("ANSIBLE_")}
    return {**clean, "PYTHONPATH": str(COLLECTIONS), "ANSIBLE_COLLECTIONS_PATH": str(COLLECTIONS)}


def run_module(name, check_mode=False, diff=False, **params):
    """The module as a process of its own, with its arguments on standard input, as on a managed host."""
    params = {**params, "_ansible_check_mode": check_mode, "_ansible_diff": diff}
    command = [sys.executable, "-m", MODULES + name]
    done = subprocess.run(
        command,
        env=environment(),
        input=json.dumps({"ANSIBLE_MODULE_ARGS": params}),
        capture_output=True,
        check=False,
        text=True,
    )
    try:
        return json.loads(done.stdout)
    except ValueError:
        raise AssertionError(done.stdout + done.stderr) from None


def run_ansible(program, *words, variables=None):
    """As a user does it, with the real controller and an inventory of only this host."""
    command = [str(Path(sys.executable).parent / program), "--inventory=localhost,", "--connection=local", *words]
    settings = {"ansible_python_interpreter": sys.executable, **(variables or {})}
    return subprocess.run(
        [*command, "--extra-vars", json.dumps(settings)],
        env={**environment(), "ANSIBLE_NOCOLOR": "1", "ANSIBLE_CALLBACK_RESULT_FORMAT": "json"},
        capture_output=True,
        check=False,
        text=True,
        stdin=subprocess.DEVNULL,
    )
