# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Results of verify for fleets of any size: the recorded facts of one host, with a name, an address and a subnet of its own for each."""

from __future__ import annotations

import ipaddress
import json
import random
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
FACTS = ROOT / "tests/unit/plugins/fixtures/healthy_host.json"
RECORDED = ("172.72.103.13", "10.43.69.")  # address and subnet of the host in FACTS
NOW = 1796029200.0
DAY = 86400
PINGS = 10
HOSTILE = """</script></style><img src=x onerror="document.title='taken'">'"&{{ 7 * 7 }}\u202e\x1b[31m"""
CANARY = "canary-of-a-secret"
SICK = {
    "docker_bridge_mismatch": (
        "error",
        "docker0 has 10.43.99.1/24, /run/flannel/docker 10.43.2.1/24",
        "the same address",
        "systemctl restart docker",
    ),
    "container_mtu": (
        "warning",
        "containers have the MTU 1500, the overlay 1450",
        "the MTU of the overlay",
        "run site.yml, then make these containers anew",
    ),
}


class Fleet:
    """What verify has at its end, as report_data takes it."""

    def __init__(self, count: int, wrong: bool = False, length: int = 24) -> None:
        self.names = [f"node-{number:04d}" if count > 99 else f"flannel-{number}" for number in range(1, count + 1)]
        self.length, self.count = length, count
        self.network = ipaddress.ip_network("10.43.0.0/16" if count < 200 else "10.32.0.0/12")
        self.random = random.Random(count)
        start = int(self.network.network_address)
        places = range(1, 2 ** (length - self.network.prefixlen) - 1)
        self.subnets = [
            f"{ipaddress.ip_address(start + 256 * place)}/24" for place in sorted(self.random.sample(places, count))
        ]
        self.text = FACTS.read_text()
        self.verdicts = {name: self.verdict(number) for number, name in enumerate(self.names)}
        self.missing: list[str] = []
        self.leases = self.lease_result()
        self.etcd = self.etcd_result()
        if wrong:
            self.break_things()

    def address(self, number: int) -> str:
        return f"172.72.{104 + number // 200}.{1 + number % 200}"

    def lease(self, number: int) -> dict[str, Any]:
        subnet = self.subnets[number]
        address = self.address(number)
        name = self.names[number]
        return {
            "subnet": subnet,
            "public_ip": address,
            "host": name,
            "backend": "vxlan",
            "expiry": "2026-12-01T08:40:00Z",
            "ttl": 80000,
        }

    def verdict(self, number: int) -> dict[str, Any]:
        address, subnet = self.address(number), self.subnets[number]
        text = self.text.replace(RECORDED[0], address).replace(RECORDED[1], subnet.rsplit(".", 1)[0] + ".")
        facts: dict[str, Any] = json.loads(text)["facts"]
        facts["flannel"]["public_ip"] = address
        facts["certificates"] = {
            "/etc/flannel/pki/client.crt": [{"not_after": NOW + (365 - number % 90) * DAY, "subject": f"CN={CANARY}"}]
        }
        facts["environment"] = {"PASSWORD": CANARY}
        others = [(number + step) % self.count for step in range(1, min(PINGS, self.count - 1) + 1)]
        pings = [
            {"address": self.gateway(other), "ok": True, "ms": round(self.random.lognormvariate(-0.6, 0.7), 2)}
            for other in others
        ]
        return {**facts, "lease": self.lease(number), "pings": pings, "findings": [], "healthy": True}

    def gateway(self, number: int) -> str:
        return self.subnets[number].replace(".0/24", ".1")

    def lease_result(self) -> dict[str, Any]:
        total = 2 ** (self.length - self.network.prefixlen) - 1
        return {
            "healthy": True,
            "findings": [],
            "leases": [self.lease(number) for number in range(self.count)],
            "normalized": {
                "Network": str(self.network),
                "SubnetLen": 24,
                "Backend": {"Type": "vxlan"},
                "SubnetMin": str(self.network[256]),
            },
            "capacity": {"total": total, "used": self.count, "reserved": 0, "free": total - self.count},
        }

    def etcd_result(self) -> dict[str, Any]:
        names = self.names[:3]
        urls = {name: f"https://{self.address(number)}:2379" for number, name in enumerate(names)}
        return {
            "healthy": True,
            "leader": names[0],
            "quorum": 2,
            "fault_tolerance": 1,
            "auth": True,
            "alarms": [],
            "findings": [],
            "members": [
                {
                    "name": name,
                    "id": f"8e9e05c5216469{at:02x}",
                    "leader": not at,
                    "learner": False,
                    "started": True,
                    "healthy": True,
                    "client_urls": [urls[name]],
                }
                for at, name in enumerate(names)
            ],
            "endpoints": [
                {
                    "url": urls[name],
                    "member": name,
                    "version": "3.6.14",
                    "raft_lag": at,
                    "db_size": 41943040,
                    "db_quota": 2147483648,
                }
                for at, name in enumerate(names)
            ],
            "certificates": [{"source": urls[name], "ends": "2027-11-24T21:07:00Z", "days": 359} for name in names],
        }

    def break_things(self) -> None:
        """A host with a wrong bridge, one that loses pings, some with warnings, one that is gone, foreign and reserved leases, a slow member."""
        bad, lossy = self.names[1], self.names[2]
        self.verdicts[bad]["docker"]["docker0"] = "10.43.99.1/24"
        self.verdicts[bad].update(findings=[finding("docker_bridge_mismatch")], healthy=False)
        lost = self.verdicts[lossy]["pings"][0]
        lost.update(ok=False, ms=None)
        silent = {
            "code": "ping_lost",
            "severity": "error",
            "host": "",
            "seen": f"{lost['address']} does not answer",
            "expected": "an answer",
            "fix": "open UDP 8472 between the hosts",
        }
        self.verdicts[lossy].update(findings=[silent], healthy=False)
        for name in self.names[3 :: max(8, self.count // 12)]:
            self.verdicts[name]["findings"] = [finding("container_mtu")]
        if self.count > 8:
            for ping in self.verdicts[self.names[5]]["pings"]:
                ping["ms"] = round(ping["ms"] * 40, 1)
        self.missing = ["flannel-gone"]
        free = [str(one) for one in self.network.subnets(new_prefix=24) if str(one) not in self.subnets]
        self.leases["leases"] += [
            {
                "subnet": free[40],
                "public_ip": "172.72.9.9",
                "host": "",
                "backend": "vxlan",
                "expiry": "2026-12-01T02:10:00Z",
            },
            {"subnet": free[90], "public_ip": "172.72.9.20", "host": "", "backend": "", "expiry": ""},
        ]
        self.leases["findings"] = [
            {
                "code": "lease_foreign",
                "severity": "warning",
                "host": "172.72.9.9",
                "seen": f"{free[40]} belongs to 172.72.9.9",
                "expected": "a host of the inventory",
                "fix": "release it with overlay.flannel.lease",
            }
        ]
        self.etcd["members"][2].update(healthy=False)
        self.etcd["endpoints"][2].update(raft_lag=6120, db_size=1932735283)
        self.etcd["findings"] = [
            {
                "code": "raft_lag",
                "severity": "warning",
                "host": lossy,
                "seen": "6120 entries behind",
                "expected": "at most 5000",
                "fix": "check the disk and the network of the member",
            }
        ]

    def data(self, baseline: Any = None) -> dict[str, Any]:
        from ansible_collections.overlay.flannel.plugins.plugin_utils.report_data import report_data
        from ansible_collections.overlay.flannel.plugins.plugin_utils.verify_report import verify_report

        earlier = json.dumps(baseline) if baseline else ""
        report = verify_report(self.verdicts, self.missing, self.leases)
        return report_data(self.verdicts, report, self.leases, self.etcd, NOW, earlier)

    def page(self, baseline: Any = None) -> str:
        from ansible_collections.overlay.flannel.plugins.plugin_utils.report_page import report_page

        files = ROOT / "playbooks/files"
        return report_page(self.data(baseline), (files / "report.css").read_text(), (files / "report.js").read_text())


def finding(code: str) -> dict[str, str]:
    severity, seen, expected, fix = SICK[code]
    return {"code": code, "severity": severity, "host": "", "seen": seen, "expected": expected, "fix": fix}


def hostile() -> Fleet:
    """Everything that etcd or a host chooses is markup, a template, or moves a terminal's cursor."""
    fleet = Fleet(3, wrong=True)
    fleet.etcd["members"][0]["name"] = fleet.etcd["leader"] = HOSTILE
    fleet.etcd["members"][0]["client_urls"] = [HOSTILE]
    fleet.leases["leases"][-1].update(public_ip=HOSTILE, subnet=HOSTILE)
    fleet.leases["normalized"]["Backend"]["Type"] = HOSTILE
    fleet.verdicts[HOSTILE] = fleet.verdicts.pop(fleet.names[1])
    sick = fleet.verdicts[HOSTILE]
    sick["findings"] = [{**sick["findings"][0], "seen": HOSTILE, "fix": HOSTILE, "code": HOSTILE, "expected": HOSTILE}]
    sick["lease"]["backend"] = sick["flannel"]["version"] = sick["docker"]["version"] = sick["docker"]["docker0"] = (
        HOSTILE
    )
    sick["certificates"] = {HOSTILE: None}
    sick["pings"][0]["address"] = HOSTILE
    return fleet
