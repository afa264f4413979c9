"""The bridge, forwarding for it alone, and its firewall rules."""

from __future__ import annotations

import json
import shlex

from . import machine
from .run import run, succeeds
from .settings import Lab, LabError, bridge_of

MARK = "overlay-lab:"
LABS = "172.72.0.0/16"  # not a private range: it must stay on this machine


def up(lab: Lab) -> None:
    if not succeeds("ip", "link", "show", lab.bridge):
        run("ip", "link", "add", lab.bridge, "type", "bridge", "forward_delay", "0")
    run("ip", "address", "replace", f"{lab.net}.1/24", "dev", lab.bridge)
    run("ip", "link", "set", lab.bridge, "up")
    # Here only: with ip_forward every new host would start with ip_forward on.
    for interface in (lab.bridge, *uplinks()):
        machine.raise_to(f"net/ipv4/conf/{interface}/forwarding", 1)
    allow(lab)


def down(name: str) -> None:
    forbid(name)
    if succeeds("ip", "link", "show", bridge_of(name)):
        run("ip", "link", "delete", bridge_of(name))
    if not marked(""):
        machine.put_back()


def refuse_taken(lab: Lab) -> None:
    """Two labs with one network would break each other silently."""
    for link in json.loads(run("ip", "-j", "-4", "address", "show", "to", f"{lab.net}.0/24")):
        if link and link["ifname"] != lab.bridge:
            raise LabError(f"--net {lab.net}: {link['ifname']} of this machine has this network; take another one")


def uplinks() -> set[str]:
    return {route["dev"] for route in json.loads(run("ip", "-j", "route", "show", "default") or "[]")}


def wanted(lab: Lab) -> list[str]:
    """Rules in their order: what no host of the lab may send away, then what it may."""
    bridge, net = lab.bridge, f"{lab.net}.0/24"
    away = f"-I FORWARD {{}} -i {bridge} ! -o {bridge}"
    return [
        f"-t filter -I FORWARD 1 -i {bridge} -o {bridge} -j ACCEPT",
        f"-t filter {away.format(2)} -d {lab.overlay} -j REJECT",
        f"-t filter {away.format(3)} -d {LABS} -j REJECT",
        f"-t filter {away.format(4)} -s {net} -j ACCEPT",
        f"-t filter -I FORWARD 5 ! -i {bridge} -o {bridge} -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT",
        f"-t nat -I POSTROUTING 1 -s {net} ! -o {bridge} -j MASQUERADE",
    ]


def allow(lab: Lab) -> None:
    rules = wanted(lab)
    if len(marked(lab.name)) == len(rules):
        return
    forbid(lab.name)
    for rule in rules:
        run("iptables", "-w", *rule.split(), "-m", "comment", "--comment", MARK + lab.name)


def forbid(name: str) -> None:
    for table, rule in marked(name):
        run("iptables", "-w", "-t", table, "-D", *rule[1:])


def marked(name: str) -> list[tuple[str, list[str]]]:
    """The rules of one lab, of all labs with an empty name: table and words."""
    found = []
    for table in ("filter", "nat"):
        for line in run("iptables", "-w", "-t", table, "-S").splitlines():
            words = shlex.split(line)
            comments = [word for word in words if word.startswith(MARK)]
            if comments and name in ("", comments[0][len(MARK) :]):
                found.append((table, words))
    return found
