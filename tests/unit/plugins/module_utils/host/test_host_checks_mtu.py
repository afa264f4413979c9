# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from ansible_collections.overlay.flannel.plugins.module_utils.host.checks.context import HostContext
from ansible_collections.overlay.flannel.plugins.module_utils.host.checks.mtu import check_mtu


def port(mtu):
    return {"mtu": mtu, "master": "docker0", "kind": "veth", "addresses": []}


def one(context):
    (finding,) = check_mtu(context)
    return finding


def test_a_healthy_chain(context):
    context.facts["interfaces"]["veth1"] = port(1450)
    assert list(check_mtu(context)) == []


@pytest.mark.parametrize(
    ("change", "code", "seen", "fix"),
    [
        (
            lambda facts: facts["interfaces"]["host0"].update(mtu=1400),
            "device_mtu",
            "host0 leaves room for 1350: vxlan adds 50",
            "ip link set host0 mtu 1500; or set MTU",
        ),
        (
            lambda facts: facts["interfaces"]["flannel.1"].update(mtu=1400),
            "device_mtu",
            "flannel.1 has MTU 1400, /run/flannel/subnet.env 1450",
            "ip link delete flannel.1; systemctl restart flanneld",
        ),
        (lambda facts: facts["flannel"]["docker_options"].update(mtu="1500"), "docker_mtu", "/run/flannel/docker has MTU 1500", "systemctl restart flanneld"),
        (lambda facts: facts["docker"]["options"].pop("mtu"), "docker_mtu", "the running dockerd has MTU not set", "systemctl restart docker"),
        (lambda facts: facts["interfaces"].update(veth1=port(1500), veth2=port(1450)), "container_mtu", "1 of 2 containers", "stop all containers"),
    ],
)  # fmt: skip
def test_one_link_breaks(context, change, code, seen, fix):
    change(context.facts)
    finding = one(context)
    assert finding.code == code
    assert finding.seen.startswith(seen) or seen in finding.seen
    assert finding.fix.startswith(fix)
    assert "MTU of each link: host0 1" in finding.seen


def test_the_first_break_is_told(context):
    context.facts["interfaces"]["flannel.1"]["mtu"] = 1400
    context.facts["interfaces"]["veth1"] = port(1500)
    assert one(context).code == "device_mtu"


@pytest.mark.parametrize(("mtu", "codes"), [(1500, []), (1400, ["device_mtu"]), (0, []), ("1400", [])])
def test_backend_mtu_is_that_of_the_uplink(context, mtu, codes):
    network = {"Backend": {"Type": "vxlan", "mtu": mtu}}
    assert [finding.code for finding in check_mtu(HostContext(context.facts, context.leases, network))] == codes


@pytest.mark.parametrize(
    ("backend", "mtu", "codes"), [("host-gw", 1500, []), ("host-gw", 1501, ["device_mtu"]), ("ipsec", 1500, [])]
)
def test_backends_without_a_device(context, backend, mtu, codes):
    leases = [dict(lease, backend=backend, backend_data=None) for lease in context.leases]
    context.facts["flannel"]["device"] = None
    context.facts["flannel"]["subnet_env"]["mtu"] = mtu
    context.facts["flannel"]["docker_options"]["mtu"] = context.facts["docker"]["options"]["mtu"] = str(mtu)
    assert [finding.code for finding in check_mtu(HostContext(context.facts, leases))] == codes


def test_without_leases_the_uplink_is_not_known(context):
    context.facts["interfaces"]["host0"]["mtu"] = 1400
    assert list(check_mtu(HostContext(context.facts))) == []
    assert one(HostContext(context.facts, address="172.72.103.13")).code == "device_mtu"


def test_ipv6(context):
    context.facts["interfaces"]["flannel-v6.1"] = dict(context.facts["interfaces"]["flannel.1"], mtu=1430)
    finding = one(context)
    assert (finding.code, finding.severity) == ("device_mtu", "warning")
