#!/usr/bin/python
# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Module host_info: look at a host in one trip, and judge its part of the overlay."""

from __future__ import annotations

DOCUMENTATION = r"""
module: host_info
author: overlay.flannel contributors
version_added: 0.1.0
short_description: Look at a host in one trip and judge its part of the overlay
description:
  - Reads everything that the roles of this collection compare with what they want, in one trip.
  - Reads what really runs, namely processes with their arguments and environment, interfaces, routes, neighbours, forwarding entries,
    what flanneld has written, what dockerd says, and firewall rules.
  - With O(leases) it judges the host, and says what it saw, what it expected and what to do.
  - Never starts docker. Where dockerd does not run its socket is not touched.
  - Needs root to see processes of others, firewall rules and the socket of docker.
extends_documentation_fragment:
  - overlay.flannel.attributes.info
options:
  files:
    description: Paths to look at.
    type: list
    elements: str
    default: []
  contents:
    description: Paths whose text is wanted as well, up to 256 KiB each.
    type: list
    elements: str
    default: []
  units:
    description: Names of systemd units with their suffix, such as V(docker.service).
    type: list
    elements: str
    default: []
  packages:
    description: Names of packages whose installed version is wanted. Names that the distribution does not know are allowed.
    type: list
    elements: str
    default: []
  sysctls:
    description: Names of kernel settings, such as V(net.ipv4.ip_forward).
    type: list
    elements: str
    default: []
  network:
    description: The wanted configuration of flannel, in flannel's own spelling.
    type: dict
  leases:
    description:
      - All leases as M(overlay.flannel.lease_info) returns them.
      - Without it the host is only compared with itself.
    type: list
    elements: dict
  address:
    description:
      - The public address of this host in the overlay.
      - By default that of the lease whose public address is one of the addresses of this host.
    type: str
  pings:
    description:
      - How many peers to ping at most, through the overlay, from the address of docker0, with full-size packets that must not be fragmented.
      - V(0) means none.
    type: int
    default: 0
  ping_timeout:
    description: Seconds to wait for all answers to the pings.
    type: float
    default: 2.0
"""

EXAMPLES = r"""
- name: Look at what a role is about to change
  overlay.flannel.host_info:
    files: [/etc/docker/daemon.json]
    units: [docker.service]
    packages: [docker.io]
    sysctls: [net.ipv4.ip_forward]
  register: seen

- name: Judge the host against the leases that etcd holds
  overlay.flannel.host_info:
    leases: "{{ all_leases.leases }}"
    pings: 3
  register: verdict
"""

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.overlay.flannel.plugins.module_utils import host
from ansible_collections.overlay.flannel.plugins.module_utils.findings import healthy, to_dicts
from ansible_collections.overlay.flannel.plugins.module_utils.host_case import Case
from ansible_collections.overlay.flannel.plugins.module_utils.host_run import run
from ansible_collections.overlay.flannel.plugins.module_utils.host_types import Asked
from ansible_collections.overlay.flannel.plugins.module_utils.host_verdict import judge, ping_peers

NAMES = {"type": "list", "elements": "str", "default": []}


def main() -> None:
    """Look, judge, tell."""
    module = AnsibleModule(
        argument_spec={
            "files": NAMES,
            "contents": NAMES,
            "units": NAMES,
            "packages": NAMES,
            "sysctls": NAMES,
            "network": {"type": "dict"},
            "leases": {"type": "list", "elements": "dict"},
            "address": {"type": "str"},
            "pings": {"type": "int", "default": 0},
            "ping_timeout": {"type": "float", "default": 2.0},
        },
        supports_check_mode=True,
    )
    given = module.params
    asked = Asked(
        files=given["files"],
        contents=given["contents"],
        units=given["units"],
        packages=given["packages"],
        sysctls=given["sysctls"],
    )
    case = Case(host.look(asked), given["leases"], given["network"], given["address"] or "")
    findings = judge(case, run)
    pings, lost = ping_peers(case, given["pings"], given["ping_timeout"])
    findings += lost
    module.exit_json(
        changed=False,
        lease=case.own,
        pings=pings,
        findings=to_dicts(findings),
        healthy=healthy(findings),
        **case.look,
    )


if __name__ == "__main__":
    main()
