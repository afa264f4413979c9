# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What this machine's iproute2 prints as text is read as its JSON is: in a network namespace with links as flannel and docker set them."""

from __future__ import annotations

import os
import subprocess
import time

import pytest
from flannel_hosts import Namespace, ip

from ansible_collections.overlay.flannel.plugins.module_utils.common.subprocesses import Output
from ansible_collections.overlay.flannel.plugins.module_utils.host.facts import iproute2

LINKS = """
link set lo up
link add eth0 type veth peer name far
link add docker0 type bridge
link add veth1 mtu 1450 master docker0 type veth peer name inside netns {other}
link add link eth0 mac0 type macvlan mode bridge
link add flannel.1 mtu 1450 type vxlan id 1 dstport 8472 nolearning local 192.0.2.11 dev eth0
link add overlay type vxlan id 4096 dstport 4789 group 239.1.1.1 dev mac0 ttl 3 gbp
link add name master type vxlan dstport 4790 external
link add flannel-v6.1 type vxlan id 1 dstport 8472 nolearning local fd00:20::1 dev eth0
link set docker0 alias {alias}
link set far master docker0
link set eth0 up
link set far up
link set docker0 up
link set veth1 up
link set flannel.1 up
address add 192.0.2.11/24 brd + dev eth0 label eth0:1
address add 192.0.2.12/24 dev eth0
address add 192.0.2.13 peer 192.0.2.99/32 dev eth0
address add 10.20.4.0/32 dev flannel.1 scope link
address add 10.20.4.1/24 dev docker0 valid_lft 3000 preferred_lft 0
address add fd00:20::1/64 dev eth0 nodad
address add fd00:20::2/64 dev eth0 valid_lft 3000 preferred_lft 0
address add fd00:21::1 peer fd00:21::9/128 dev eth0
address add fd00:22::1/64 dev mac0
route add default via 192.0.2.1 dev eth0 proto static metric 100 src 192.0.2.12
route add default via 192.0.2.2 dev eth0 metric 200 mtu lock 1400
route add 10.20.5.0/24 via 10.20.5.0 dev flannel.1 onlink
route add 10.20.6.0/24 via 10.20.6.0 dev flannel.1 onlink proto 17
route add 10.30.0.0/16 nexthop via 192.0.2.1 dev eth0 weight 2 nexthop via 10.20.6.0 dev flannel.1 onlink
route add 10.31.0.0/16 via inet6 fe80::9 dev eth0
route add 10.32.0.1 dev docker0 tos 4
route add 10.33.0.0/16 dev docker0 table 7
route add blackhole 10.40.0.0/16
route add unreachable 10.41.0.0/16 metric 7
route add prohibit 10.42.0.1
route add throw 10.43.0.0/16
route add default via 192.0.2.3 dev flannel.1 onlink metric 300
-6 route add default via fd00:20::9 dev eth0 metric 50
-6 route add fd00:30::/64 via fe80::5 dev eth0 expires 3000 pref high
-6 route add fd00:31::/64 nexthop via fd00:20::8 dev eth0 nexthop via fe80::7 dev eth0 weight 3
-6 route add fd00:32::1 dev docker0 mtu 1300
-6 route add blackhole fd00:33::/64
-6 route add unreachable fd00:34::/64
neigh add 10.20.5.0 lladdr 0a:00:00:00:05:00 dev flannel.1 nud permanent
neigh add 10.20.6.0 lladdr 0a:00:00:00:06:00 dev flannel.1 nud permanent router
neigh add 10.20.6.1 lladdr 0a:00:00:00:06:01 dev flannel.1 nud noarp
neigh add 10.20.6.2 lladdr 0a:00:00:00:06:02 dev flannel.1 nud stale
neigh add 10.20.6.3 lladdr 0a:00:00:00:06:03 dev flannel.1 nud reachable
neigh add 10.20.6.4 dev flannel.1 nud failed
neigh add 10.20.6.5 dev flannel.1 nud none
neigh add fd00:20::5 lladdr 0a:00:00:00:05:06 dev flannel.1 nud permanent
neigh add proxy 10.20.6.6 dev flannel.1
""".strip().splitlines()
FDB = """
fdb add 0a:00:00:00:05:00 dev flannel.1 dst 192.0.2.15
fdb add 0a:00:00:00:06:00 dev flannel.1 dst 192.0.2.16 port 8473 vni 7 via eth0
fdb append 00:00:00:00:00:00 dev flannel.1 dst 192.0.2.17
fdb append 00:00:00:00:00:00 dev flannel.1 dst 192.0.2.18
fdb add 0a:00:00:00:07:00 dev flannel-v6.1 dst fd00:20::17
fdb add 0a:00:00:00:08:00 dev far master static
fdb add 0a:00:00:00:09:00 dev far self
""".strip().splitlines()
DEVICES = ("lo", "eth0", "far", "docker0", "flannel.1", "flannel-v6.1", "overlay", "master")


class Links(Namespace):
    def __init__(self) -> None:
        self.name, self.other = f"links-{os.getpid()}", f"links-{os.getpid()}-other"

    def make(self) -> None:
        ip("netns", "add", self.other)
        words = {"{other}": self.other, "{alias}": "9: none: <UP> mtu 7"}
        for line in LINKS:
            ip("-n", self.name, *(words.get(word, word) for word in line.split()))
        for line in FDB:
            done = self.run(["bridge", *line.split()])
            assert done.code == 0, f"{line}: {done.error}"

    def stop(self) -> None:
        ip("netns", "delete", self.other, check=False)

    def run(self, argv) -> Output:
        done = subprocess.run(["ip", "netns", "exec", self.name, *argv], capture_output=True, text=True, check=False)
        return Output(done.returncode, done.stdout, done.stderr)

    def text(self, argv) -> Output:
        """As a program without JSON answers."""
        return Output(255, error='Option "-j" is unknown, try "ip -help".') if "-j" in argv else self.run(argv)


def everything(run):
    return {
        "interfaces": iproute2.read_interfaces(run),
        "routes": iproute2.read_routes(run),
        "neighbours": iproute2.read_neighbours(DEVICES, run),
        "fdb": iproute2.read_fdb(DEVICES, run),
    }


@pytest.fixture(scope="module")
def links():
    with Links() as made:
        yield made


@pytest.fixture(scope="module")
def both(links):
    """JSON and text of the same moment: the kernel adds addresses, routes and neighbours of its own."""
    for _attempt in range(30):
        before, text, after = everything(links.run), everything(links.text), everything(links.run)
        if before == after:
            return before, text
        time.sleep(0.5)
    raise AssertionError("the links do not come to rest")


@pytest.mark.parametrize("what", ["interfaces", "routes", "neighbours", "fdb"])
def test_text_is_read_as_json_is(both, what):
    json, text = both
    assert text[what] == json[what]
    assert len(text[what]) >= 6


@pytest.mark.parametrize("reader", ["run", "text"])
def test_a_device_that_has_gone_has_nothing(links, reader):
    run = getattr(links, reader)
    assert (iproute2.read_neighbours(["gone"], run), iproute2.read_fdb(["gone"], run)) == ([], [])
