# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read what docker's firewall backend nftables and the docker role have loaded: chains with their hooks, never only tables.

After a flush docker makes its table again when a container starts, without hooks and with empty maps: it does nothing then.
"""

from __future__ import annotations

import re
import typing as t

from ansible_collections.overlay.flannel.plugins.module_utils.common.subprocesses import HostRunner
from ansible_collections.overlay.flannel.plugins.module_utils.host.types import DockerNft

DOCKERS, OURS = "docker-bridges", "overlay-flannel"
HOOKS = ("filter-FORWARD", "raw-PREROUTING")
IN_JUMPS, IN_BRIDGE = "filter-forward-in-jumps", "filter-forward-in__docker0"
# The bit by which docker knows packets of the overlay, as it has to stand in daemon.json; flannel and Kubernetes use lower ones.
MARK = "0x10000000"
ACCEPT_MARK = f"{MARK}/{MARK}"
BLOCK = re.compile(r"^\t(chain|map|set) (\S+) {")
DIRECT = re.compile(r'ip daddr (\S+) iifname != "docker0" .*drop')
JUMP = re.compile(r'"([^"]+)" : ')


def blocks(text: str) -> dict[str, list[str]]:
    """The lines of each chain and map of a table that `nft list table` prints."""
    found: dict[str, list[str]] = {}
    name = ""
    for line in text.splitlines():
        if start := BLOCK.match(line):
            name = start.group(2)
            found[name] = []
        elif name and line.startswith("\t\t"):
            found[name].append(line.strip())
    return found


def parse_dockers(text: str) -> DockerNft:
    found = blocks(text)
    return DockerNft(
        hooks=[name for name in HOOKS if any(" hook " in line for line in found.get(name, []))],
        bridges=JUMP.findall(" ".join(found.get(IN_JUMPS, []))),
        marks=[line for line in found.get(IN_BRIDGE, []) if "mark" in line and " accept" in line],
        direct_drops=[address for line in found.get("raw-PREROUTING", []) for address in DIRECT.findall(line)],
        own=[],
    )


def parse_own(text: str, family: str) -> list[str]:
    """Family, chain and rule; a chain that no hook calls is none."""
    return [
        f"{family} {chain} {line}"
        for chain, lines in blocks(text).items()
        if any(" hook " in line for line in lines)
        for line in lines
        if " hook " not in line
    ]


def own_rules(found: DockerNft) -> list[str]:
    """In the order of the plan, whatever nft's is."""
    order = ("ip forward", "ip input", "ip postrouting", "ip6 forward", "ip6 input", "ip6 postrouting")
    return [rule for start in order for rule in found["own"] if rule.startswith(f"{start} ")]


def read_docker_nft(run: HostRunner, listed: str) -> DockerNft:
    """`listed` is what `nft list chains` prints; a table that is not in it is not asked for."""
    found = parse_dockers(table(run, listed, "ip", DOCKERS))
    found["own"] = [rule for family in ("ip", "ip6") for rule in parse_own(table(run, listed, family, OURS), family)]
    return found


def table(run: HostRunner, listed: str, family: str, name: str) -> str:
    if f"table {family} {name} {{" not in listed:
        return ""
    return run(["nft", "list", "table", family, name]).out


def accepts_our_mark(value: t.Any) -> bool:
    """Whether `MARK` or `MARK/MASK`, numbers as Go reads them, is the mark of the overlay."""
    mark, _sign, mask = str(value or "").partition("/")
    try:
        return int(mark, 0) == int(MARK, 0) and int(mask or "0xffffffff", 0) == int(MARK, 0)
    except ValueError:
        return False


def closes(found: DockerNft, bridge: str, port: int) -> bool:
    """Whether the role's table drops connections to this port of the host that come from the bridge."""
    names = [bridge, "br-*"] if bridge.startswith("br-") else [bridge]
    return any(f'ip input iifname "{name}" tcp dport {port} drop' in found["own"] for name in names)


def is_hooked(found: DockerNft | None) -> t.Optional[bool]:
    """Whether docker's rules see packets at all. None where that is not known."""
    if found is None:
        return None
    return list(HOOKS) == found["hooks"] and "docker0" in found["bridges"]
