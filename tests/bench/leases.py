# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How long lease_info takes with 10,000 leases in a real etcd; fails when it is over its limits.

Times are the best of several rounds, in which what is compared takes turns: other work on the machine only adds.
Our own part runs on one processor and waits for nothing: its time is that of the processor.
"""

from __future__ import annotations

import base64
import gc
import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT / ".collections"), str(ROOT / "tests/integration")]

from etcd_server import Etcd  # noqa: E402

from ansible_collections.overlay.flannel.plugins.module_utils.etcd.connection import Connection  # noqa: E402
from ansible_collections.overlay.flannel.plugins.module_utils.etcd.store_v3 import StoreV3  # noqa: E402
from ansible_collections.overlay.flannel.plugins.module_utils.flannel.keys import keys_below  # noqa: E402
from ansible_collections.overlay.flannel.plugins.module_utils.registry.expected import Expected  # noqa: E402
from ansible_collections.overlay.flannel.plugins.module_utils.registry.lease_result import report  # noqa: E402
from ansible_collections.overlay.flannel.plugins.module_utils.registry.leases import Task, read  # noqa: E402

COUNT, ROUNDS = 10_000, 40
MOST = 1.5  # times the time of `etcdctl get --prefix`
MEMORY = 200  # MB
TTLS = 1_000
PREFIX = "/bench"
NETWORK = {"Network": "10.0.0.0/8", "SubnetLen": 24, "Backend": {"Type": "vxlan"}}


def address(number: int) -> str:
    return f"172.16.{number >> 8}.{number & 255}"


HOSTS = [{"host": f"node{number}", "public_ip": address(number)} for number in range(1, COUNT + 1)]


def lease(number: int) -> tuple[str, str]:
    """As flanneld 0.28 writes it."""
    high, low = number >> 8, number & 255
    data = {"VNI": 1, "VtepMAC": f"82:5c:0f:11:{high:02x}:{low:02x}"}
    value = {"PublicIP": address(number), "PublicIPv6": None, "BackendType": "vxlan", "BackendData": data}
    return f"{PREFIX}/subnets/10.{high}.{low}.0-24", json.dumps(value, separators=(",", ":"))


def post(etcd: Etcd, path: str, body: dict) -> dict:
    with urllib.request.urlopen(etcd.url + path, data=json.dumps(body).encode()) as answer:
        return json.load(answer)


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def fill(etcd: Etcd) -> None:
    """Each lease has an etcd lease of its own where their times are read."""
    pairs = [(f"{PREFIX}/config", json.dumps(NETWORK)), *(lease(number) for number in range(1, COUNT + 1))]
    for start in range(0, len(pairs), 100):
        ids = [post(etcd, "/v3/lease/grant", {"TTL": 86400})["ID"] for _number in range(100 if start < TTLS else 1)]
        puts = [
            {"requestPut": {"key": encoded(key), "value": encoded(value), "lease": ids[place % len(ids)]}}
            for place, (key, value) in enumerate(pairs[start : start + 100])
        ]
        post(etcd, "/v3/kv/txn", {"success": puts})


class Known:
    """A store that answers at once, so that only our own work is measured."""

    api = "v3"

    def __init__(self, entries: list) -> None:
        self.entries = entries
        self.times = {entry.key: 80_000 for entry in entries}

    def list_prefix(self, prefix: str) -> list:
        return self.entries

    def ttls(self, entries: list) -> dict:
        return self.times


def seconds(work) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def get(etcd: Etcd) -> None:
    """What the module starts, read as it comes."""
    command = [etcd.etcdctl_path, f"--endpoints={etcd.url}", "--write-out=json", "get", "--prefix", "--", PREFIX + "/"]
    subprocess.run(
        command, env={**os.environ, "ETCDCTL_API": "3"}, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True
    )


def judge(task: Task) -> float:
    """Processor seconds until the result is there; letting go of it is not our work, the module ends instead."""
    started = time.process_time()
    reading = read(task)
    result = report(task, reading)
    took = time.process_time() - started
    assert result["healthy"] and not result["findings"], result["findings"][:3]
    assert len(result["leases"]) == COUNT and all(one["host"] for one in result["leases"])
    return took


def whole_module(etcd: Etcd) -> tuple[float, float, float]:
    """Seconds from its start to its end, those of the processor, and MB; with the expected hosts on its standard input and all leases out."""
    params = {"endpoints": [etcd.url], "prefix": PREFIX, "api": "v3", "etcdctl": etcd.etcdctl_path}
    arguments = json.dumps({"ANSIBLE_MODULE_ARGS": {**params, "expected": HOSTS, "ttl": False}})
    with tempfile.TemporaryFile("w+") as stdin, tempfile.TemporaryFile("w+") as stdout:
        stdin.write(arguments)
        stdin.seek(0)
        started = time.perf_counter()
        process = subprocess.Popen(
            [sys.executable, "-m", "ansible_collections.overlay.flannel.plugins.modules.lease_info"],
            env={**os.environ, "PYTHONPATH": str(ROOT / ".collections")},
            stdin=stdin,
            stdout=stdout,
        )
        _pid, _status, usage = os.wait4(process.pid, 0)
        took = time.perf_counter() - started
        stdout.seek(0)
        result = json.load(stdout)
    assert result["healthy"] and len(result["leases"]) == COUNT, str(result)[:500]
    return took, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def measure(etcd: Etcd) -> bool:
    keys = keys_below(PREFIX, "v3")
    store = StoreV3(Connection((etcd.url,), etcdctl=etcd.etcdctl_path, timeout=60))
    entries = store.list_prefix(keys.folder)
    expected = [Expected(one["host"], one["public_ip"]) for one in HOSTS]
    task = Task(Known(entries), keys, "0.28.10", expected, renew_margin=60)
    gc.disable()  # as the module does
    rounds = [(seconds(lambda: get(etcd)), judge(task)) for _number in range(ROUNDS)]
    fetched, judged = (min(column) for column in zip(*rounds))
    read_all = min(seconds(lambda: store.list_prefix(keys.folder)) for _number in range(ROUNDS))
    wholes = [whole_module(etcd) for _number in range(3)]
    memory = max(one[2] for one in wholes)
    print(f"etcdctl get --prefix of {COUNT} leases        {fetched:7.3f} s")
    print(
        f"parse, judge, build the result           {judged:7.3f} s   {judged / fetched:.2f} times that, at most {MOST}"
    )
    print(f"etcdctl get and decoding what it prints  {read_all:7.3f} s")
    whole, processor, _memory = min(wholes)
    print(f"the whole module without times           {whole:7.3f} s   from start to exit, {COUNT} expected hosts")
    print(
        f"the processor's part of that             {processor:7.3f} s   most of it Ansible's own, for arguments and result"
    )
    print(f"its memory                               {memory:7.0f} MB  at most {MEMORY}")
    some = entries[1 : TTLS + 1]
    print(
        f"the times of {TTLS} leases                {seconds(lambda: store.ttls(some)):9.3f} s   etcdctl once per lease"
    )
    return judged <= MOST * fetched and memory <= MEMORY


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        etcd = Etcd("3.6", Path(folder) / "data")
        try:
            etcd.launch([etcd])
            etcd.wait()
            fill(etcd)
            good = measure(etcd)
        finally:
            etcd.stop()
    print("within the limits" if good else "OVER THE LIMITS")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
