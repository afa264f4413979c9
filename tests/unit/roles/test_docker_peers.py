# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The script that accepts the overlay from known hosts, with stand-ins for ip, bridge and iptables."""

from __future__ import annotations

import pathlib
import subprocess

import pytest

SCRIPT = pathlib.Path(__file__).parents[3] / "roles/docker/files/overlay-docker-peers"
VXLAN = "4: flannel.1: <UP> mtu 1450 \\    vxlan id 1 local 192.0.2.1 dev eth1 srcport 0 0 dstport 8472 nolearning\n"
VXLAN6 = (
    "5: flannel-v6.1: <UP> mtu 1450 \\    vxlan id 1 local 2001:db8::1 dev eth1 srcport 0 0 dstport 8472 nolearning\n"
)
IPIP = "6: flannel.ipip@NONE: <UP> mtu 1480 \\    link/ipip 192.0.2.1 brd 0.0.0.0 promiscuity 0 \\    ipip any remote any local 192.0.2.1\n"
OTHERS = "2: eth1: <UP> mtu 1500\n7: vxlan9: <UP> \\    vxlan id 9 local 192.0.2.1 srcport 0 0 dstport 4789\n"
JUMP = "-A PREROUTING {} -m addrtype --dst-type LOCAL -m comment --comment overlay.flannel.peers -j OVERLAY-PEERS"
UDP, PROTOCOL = JUMP.format("-p udp -m udp --dport 8472"), JUMP.format("-p ipencap")
DOCKERS = "-A PREROUTING -d 10.20.5.2/32 ! -i docker0 -j DROP"
IPTABLES = r"""#!/bin/sh
file=FOLDER/${0##*/}.rules
shift 4
case $1 in
  -S) cat "$file" 2>/dev/null || true ;;
  -I) shift 2; { echo "-A PREROUTING $*"; cat "$file" 2>/dev/null; } >"$file.new"; mv "$file.new" "$file" ;;
  -D) shift 2; awk -v rule="-A PREROUTING $*" '$0 == rule && !done++ { next } { print }' "$file" >"$file.new"; mv "$file.new" "$file" ;;
esac
"""


class Host:
    def __init__(self, folder: pathlib.Path) -> None:
        self.folder = folder
        self.program("iptables", IPTABLES)
        self.program("ip6tables", IPTABLES)
        for name in ("iptables", "ip6tables"):
            self.program(f"{name}-restore", f"#!/bin/sh\ncat >{folder}/{name}.chains\n")
        self.program("systemctl", "#!/bin/sh\n[ -e FOLDER/follows ]\n")
        self.program(
            "ip",
            '#!/bin/sh\ncase "$*" in *link*) cat FOLDER/links ;; -4*) cat FOLDER/routes ;; -6*) cat FOLDER/routes6 ;; esac\n',
        )
        self.program("bridge", '#!/bin/sh\ncat "FOLDER/fdb.$4"\n')
        self.links, self.fdb, self.routes = "", {}, ""
        (folder / "follows").touch()
        text = SCRIPT.read_text()
        for old, new in {"PATH=/usr": f"PATH={folder}/bin:/usr", "LOCK=/run": f"LOCK={folder}"}.items():
            assert text.count(old) == 1, old
            text = text.replace(old, new)
        (folder / "script").write_text(text)

    def program(self, name: str, text: str) -> None:
        (self.folder / "bin").mkdir(exist_ok=True)
        path = self.folder / "bin" / name
        path.write_text(text.replace("FOLDER", str(self.folder)))
        path.chmod(0o755)

    def run(self, *arguments: str) -> None:
        (self.folder / "links").write_text(self.links)
        (self.folder / "routes").write_text(self.routes)
        (self.folder / "routes6").write_text("")
        for name, peers in self.fdb.items():
            text = "".join(f"02:00:00:00:00:01 dst {peer} self permanent\n" for peer in peers)
            (self.folder / f"fdb.{name}").write_text(text)
        done = subprocess.run(
            ["sh", str(self.folder / "script"), *arguments], capture_output=True, text=True, check=False
        )
        assert (done.returncode, done.stderr) == (0, "")

    def rules(self, program: str = "iptables") -> list[str]:
        file = self.folder / f"{program}.rules"
        return file.read_text().splitlines() if file.exists() else []

    def chains(self, program: str = "iptables") -> list[str]:
        file = self.folder / f"{program}.chains"
        return file.read_text().splitlines() if file.exists() else []

    def passes(self, source: str) -> bool:
        """Whether the chains let it pass, as iptables reads them."""
        rules = [line.split() for line in self.chains() if line.startswith("-A ")]
        chain, last = "OVERLAY-PEERS", int(source.rpartition(".")[2])
        for _step in range(2):
            for words in [words for words in rules if words[1] == chain]:
                fits = "-s" not in words or words[3] in (source, f"0.0.0.{last % 16}/0.0.0.15")
                if fits and "-g" not in words:
                    return words[-1] == "RETURN"
                if fits:
                    chain = words[-1]
                    break
        raise AssertionError(f"{source} ends nowhere")


@pytest.fixture
def host(tmp_path):
    return Host(tmp_path)


@pytest.mark.parametrize("number", [0, 1, 64, 65, 250])
def test_known_hosts_of_vxlan(host, number):
    """Few hosts are a list; many are found by the end of their address."""
    known = [f"192.0.2.{one}" for one in range(2, 2 + number)]
    host.links, host.fdb = OTHERS + VXLAN, {"flannel.1": known}
    (host.folder / "iptables.rules").write_text(DOCKERS + "\n")
    host.run("set", "10.20.0.0/16")
    assert host.rules() == [UDP, DOCKERS]
    assert host.chains()[0] == "*raw" and host.chains()[-1] == "COMMIT"
    assert [one for one in known if not host.passes(one)] == []
    assert not host.passes("198.51.100.9") and not host.passes("192.0.2.254")
    assert (":OVERLAY-PEERS-3 - [0:0]" in host.chains()) == (number > 64)
    before = host.rules()
    host.run("set", "10.20.0.0/16")
    assert host.rules() == before
    assert host.rules("ip6tables") == []


def test_hosts_behind_routes(host):
    """Those of ipip, and with DirectRouting those in the same network; a gateway inside the overlay is no host."""
    host.links, host.fdb = VXLAN + IPIP, {"flannel.1": ["192.0.2.2"]}
    host.routes = (
        "10.20.2.0/24 via 10.20.2.0 dev flannel.1 onlink \n10.20.3.0/24 via 192.0.2.3 dev eth1 \n"
        "10.20.4.0/24 via 192.0.2.4 dev flannel.ipip onlink \n10.20.5.0/24 dev docker0 proto kernel scope link src 10.20.5.1 \n"
    )
    host.run("set", "10.20.0.0/16")
    assert sorted(host.rules()) == sorted([UDP, PROTOCOL])
    assert [one for one in ("192.0.2.2", "192.0.2.3", "192.0.2.4", "10.20.2.0", "192.0.2.5") if host.passes(one)] == [
        "192.0.2.2",
        "192.0.2.3",
        "192.0.2.4",
    ]


def test_a_device_over_ipv6(host):
    host.links = VXLAN + VXLAN6
    host.fdb = {"flannel.1": ["192.0.2.2"], "flannel-v6.1": ["2001:db8::2"]}
    host.run("set", "10.20.0.0/16", "fd00:20::/48")
    assert host.rules() == host.rules("ip6tables") == [UDP]
    assert "-A OVERLAY-PEERS -s 2001:db8::2 -j RETURN" in host.chains("ip6tables")
    assert "2001" not in "".join(host.chains()) and "192.0" not in "".join(host.chains("ip6tables"))
    host.run("open")
    assert host.rules() == host.rules("ip6tables") == []


def test_another_port_and_no_device(host):
    host.links, host.fdb = VXLAN, {"flannel.1": []}
    host.run("set", "10.20.0.0/16")
    host.links = VXLAN.replace("8472", "4789")
    host.run("set", "10.20.0.0/16")
    assert host.rules() == [UDP.replace("8472", "4789")]
    host.links = OTHERS
    host.run("set", "10.20.0.0/16")
    assert host.rules() == []


def test_where_nobody_follows_nothing_is_set(host):
    """Else a new host would be shut out."""
    (host.folder / "follows").unlink()
    host.links, host.fdb = VXLAN, {"flannel.1": []}
    host.run("set", "10.20.0.0/16")
    assert host.rules() == []
