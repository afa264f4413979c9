# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read a running firewalld: what its zones let pass, now and after its next reload. Its chains say less, and need the program nft."""

from __future__ import annotations

import re
import typing as t

from ansible_collections.overlay.flannel.plugins.module_utils.common.subprocesses import HostRunner
from ansible_collections.overlay.flannel.plugins.module_utils.host.facts import processes
from ansible_collections.overlay.flannel.plugins.module_utils.host.facts.files import read_text
from ansible_collections.overlay.flannel.plugins.module_utils.host.types import Firewalld, Policy, Zone

COMMAND = "firewall-cmd"
SETTINGS = "/etc/firewalld/firewalld.conf"
SERVICES = ("/etc/firewalld/services", "/usr/lib/firewalld/services")
HEADING = re.compile(r"(\S+)( \(.*\))?\Z")
FIELD = re.compile(r"\s+([a-z][a-z -]*): ?(.*)\Z")
RICH = "rich rules"
# Of a policy: what lets packets pass, or may do so
LETS_PASS = ("services", "ports", "protocols", RICH)
KEPT = ("trusted", "docker")
Block = t.Dict[str, str]


def read_firewalld(run: HostRunner) -> Firewalld | None:
    """None where none runs. `error` is why it does not answer."""
    if processes.find_by_name("firewalld") is None:
        return None
    default, zones = run([COMMAND, "--get-default-zone"]), run([COMMAND, "--list-all-zones"])
    permanent = run([COMMAND, "--permanent", "--list-all-zones"])
    failed = next((done for done in (default, zones, permanent) if done.code != 0), None)
    name = default.out.strip()
    return Firewalld(
        error=None if failed is None else " ".join((failed.error or failed.out).split()) or f"exit code {failed.code}",
        backend=backend(read_text(SETTINGS) or ""),
        default_zone=name,
        zones=parse_zones(zones.out, name),
        permanent=parse_zones(permanent.out, name),
        policies=parse_policies(run([COMMAND, "--list-all-policies"]).out),
    )


def backend(settings: str) -> str:
    found = re.findall(r"^FirewallBackend=(\w+)", settings, re.MULTILINE)
    return found[-1] if found else ""


def blocks(text: str) -> dict[str, Block]:
    """By name; the rules of a block are one text."""
    found: dict[str, Block] = {}
    block: Block = {}
    for line in text.splitlines():
        heading, field = HEADING.match(line), FIELD.match(line)
        if heading and not line.startswith((" ", "\t")):
            block = found.setdefault(heading.group(1), {})
        elif line.startswith("\t"):
            block[RICH] = f"{block.get(RICH, '')} {line.strip()}".strip()
        elif field:
            block[field.group(1)] = field.group(2)
    return found


def parse_zones(text: str, default: str) -> dict[str, Zone]:
    """Those that have packets, and those that ours may go to."""
    return {name: zone(block) for name, block in blocks(text).items() if is_used(block) or name in (default, *KEPT)}


def is_used(block: Block) -> bool:
    return bool(block.get("interfaces") or block.get("sources"))


def zone(block: Block) -> Zone:
    """`forward` is None in a firewalld that does not know it."""
    ports = [*words(block, "ports"), *(port for name in words(block, "services") for port in ports_of_service(name))]
    return Zone(
        target=block.get("target", "default"),
        interfaces=words(block, "interfaces"),
        sources=words(block, "sources"),
        ports=ports,
        protocols=words(block, "protocols"),
        forward={"yes": True, "no": False}.get(block.get("forward", "")),
        rich=bool(block.get(RICH)),
    )


def words(block: Block, name: str) -> list[str]:
    return block.get(name, "").split()


def ports_of_service(name: str) -> list[str]:
    """The first file counts, as it does for firewalld."""
    texts = (read_text(f"{folder}/{name}.xml") for folder in SERVICES)
    text = next((text for text in texts if text), "")
    found = []
    for element in re.findall(r"<port\s[^>]*>", text):
        given = dict(re.findall(r'(\w+)="([^"]*)"', element))
        if given.get("port"):
            found.append(f"{given['port']}/{given.get('protocol', '')}")
    return found


def parse_policies(text: str) -> dict[str, Policy]:
    """None in a firewalld older than 0.9."""
    return {
        name: Policy(
            target=block["target"],
            ingress=words(block, "ingress-zones"),
            egress=words(block, "egress-zones"),
            lets_some_pass=any(block.get(key) for key in LETS_PASS),
        )
        for name, block in blocks(text).items()
        if "target" in block
    }
