# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What is on a host, as sorted lines that can be compared: files, rules, units, sysctls, links, addresses, routes, users.

Left out are what any host writes by itself, what docker and containerd keep about their own work, what Ansible needs to look, and tables of
iptables without a rule: a program that asks for one makes it.
"""

from __future__ import annotations

import re

from testinfra.host import Host

RESTLESS = "/etc/*- /etc/.pwd.lock /etc/ld.so.cache /root/.ansible* /root/.bash_history *__pycache__*".split()
OWN_STATE = "/run/docker* /run/containerd* /run/systemd* /run/user* /run/udev* /run/log* /run/lock* /run/sshd* /run/utmp".split()
KEPT_STATE = (
    "/var/lib/docker/* /var/lib/containerd/* /var/lib/systemd* /var/lib/dbus* /var/lib/dpkg/* /var/lib/apt/*".split()
)
SYSCTLS = r"^net\.(ipv4\.(ip_forward|conf\.(all|default)\.)|ipv6\.conf\.(all|default)\.|bridge\.)"
BUILT_IN = re.compile(r":[A-Z]+ ACCEPT")
IPTABLES = "raw|mangle|nat|filter"


def without(paths: list[str]) -> str:
    return " ".join(f"! -path '{path}'" for path in paths)


COMMANDS = {
    "file": f"find /etc /usr/local /opt /srv /root -xdev {without(RESTLESS)} -printf '%y %m %u:%g %p %l\\n'",
    "content": f"find /etc /usr/local -xdev -type f {without(RESTLESS)} -exec sha256sum {{}} +",
    "state": f"find /var/lib /run /var/backups -maxdepth 2 {without(OWN_STATE + KEPT_STATE)} -printf '%y %p\\n'",
    "table": f"nft list tables 2>/dev/null | grep -vE ' ip6? ({IPTABLES})$' || :",
    "unit file": "systemctl list-unit-files --no-legend --no-pager | awk '{ print $1, $2 }'",
    "unit": "systemctl list-units --all --plain --no-legend --no-pager --type service,timer,path,socket | awk '{ print $1, $2 }'",
    "failed": "systemctl list-units --failed --plain --no-legend --no-pager | awk '{ print $1 }'",
    "link": "ip -o link | sed 's/^[0-9]*: \\([^:@]*\\).* mtu \\([0-9]*\\) .*/\\1 \\2/'",
    "address": "ip -4 -o address | awk '{ print $2, $4 }'",
    "route": "ip route; ip rule",
    "neighbour": "ip neigh show nud permanent",
    "sysctl": f"sysctl -a --pattern '{SYSCTLS}' 2>/dev/null",
    "user": "getent passwd; getent group",
}


def listing(host: Host) -> list[str]:
    """Give the lines, each with its kind."""
    found = [
        f"{kind}: {line.rstrip()}"
        for kind, command in COMMANDS.items()
        for line in host.check_output(command).splitlines()
    ]
    for program in ("iptables", "ip6tables"):
        found += [f"{program}: {line}" for line in rules(host.check_output(f"{program}-save"))]
    return sorted(found)


def rules(saved: str) -> list[str]:
    """Give each rule and each chain with its table, but no table without a rule."""
    tables: dict[str, list[str]] = {}
    name = ""
    for line in saved.splitlines():
        if line.startswith("*"):
            name = line[1:]
            tables[name] = []
        elif line.startswith((":", "-A")):
            tables[name].append(re.sub(r" ?\[[0-9:]*\]", "", line))
    return [
        f"{name} {line}"
        for name, lines in tables.items()
        if not all(BUILT_IN.fullmatch(line) for line in lines)
        for line in lines
    ]


def changes(before: list[str], after: list[str]) -> list[str]:
    """Give the lines that are gone, and those that are new."""
    gone = [f"- {line}" for line in before if line not in after]
    return gone + [f"+ {line}" for line in after if line not in before]
