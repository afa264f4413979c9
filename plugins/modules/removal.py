#!/usr/bin/python
# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: removal
short_description: Find out what the overlay has left to remove on a host
version_added: 0.1.0
author:
  - overlay.flannel contributors (@overlay-flannel)
description:
  - Collects the facts of a host, and returns what has to be done so that nothing of the roles P(overlay.flannel.docker#role),
    P(overlay.flannel.flannel#role) and P(overlay.flannel.etcd#role) is left there. The playbooks C(remove) and C(uninstall) act on the result.
  - Takes the files from the lists by which the roles write them. A file at such a path that a role has not written is left and named.
  - Reads the variables of the roles itself, as they are set for the host, with the defaults of their argument specifications.
  - Changes nothing.
extends_documentation_fragment:
  - overlay.flannel.attributes.info
options:
  parts:
    description: The roles whose work is to be undone.
    type: list
    elements: str
    choices: [etcd, flannel, docker]
    default: [etcd, flannel, docker]
  data:
    description:
      - What becomes of etcd's data.
      - V(aside) is for a member that has left its cluster, because etcd would not start with them.
    type: str
    choices: [keep, aside, delete]
    default: keep
  packages:
    description: Whether the packages of etcd and flannel are removed. Docker's packages stay.
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Plan the removal
  overlay.flannel.removal:
  register: removal

- name: Show what would be done
  ansible.builtin.debug:
    var: removal.remaining
"""

RETURN = r"""
parts:
  description: The roles whose work is undone.
  returned: always
  type: list
  elements: str
address:
  description: Public address of the host in the overlay.
  returned: always
  type: str
  sample: 192.0.2.11
subnet:
  description: The host's subnet, as flanneld has written it. Empty if it has not.
  returned: always
  type: str
  sample: 10.20.5.0/24
member:
  description: Name of the host's member of etcd. Empty if it has no data.
  returned: always
  type: str
  sample: node1
flannel:
  description: Whether flanneld's unit is there and written by the role.
  returned: always
  type: bool
units:
  description: Units to stop and disable, in this order.
  returned: always
  type: list
  elements: str
drop_in:
  description: The role's drop-in for docker. Empty if it is not there.
  returned: always
  type: str
docker:
  description: Whether docker restarts, or starts.
  returned: always
  type: bool
docker_runs:
  description: Whether docker runs.
  returned: always
  type: bool
bridge:
  description: Whether docker0 has an address of the overlay, or had one at docker's last start.
  returned: always
  type: bool
bip:
  description: The address that docker0 gets, with its prefix length. Empty if docker decides.
  returned: always
  type: str
  sample: 172.17.0.1/16
docker_command:
  description: The command that starts docker without the role.
  returned: always
  type: str
networks:
  description: Networks of the overlay.
  returned: always
  type: list
  elements: str
devices:
  description: Devices of flanneld.
  returned: always
  type: list
  elements: str
routes:
  description: Routes of flanneld that no device of its own has, as words of C(ip route).
  returned: always
  type: list
  elements: list
firewall:
  description: Commands that take back what firewalld was told.
  returned: always
  type: list
  elements: list
reloads:
  description: Commands for network services that have files of the role.
  returned: always
  type: list
  elements: str
files:
  description: Files to delete.
  returned: always
  type: list
  elements: str
state:
  description: Files and directories that components make while they run. They are deleted if they are there.
  returned: always
  type: list
  elements: str
directories:
  description: Directories to delete if they are empty.
  returned: always
  type: list
  elements: str
left:
  description: Files that stay because somebody else has written them, as texts.
  returned: always
  type: list
  elements: str
data:
  description: Paths of etcd's data.
  returned: always
  type: list
  elements: str
data_dir:
  description: Directory of etcd's data. Empty if O(parts) does not have V(etcd).
  returned: always
  type: str
readers_group:
  description: Group of those who may read etcd.
  returned: always
  type: str
etcd_user:
  description: Whether user and group of etcd may be removed.
  returned: always
  type: bool
packages:
  description: Packages to remove.
  returned: always
  type: list
  elements: str
remaining:
  description: Everything that has to be done, as texts. Empty if nothing is left of the overlay.
  returned: always
  type: list
  elements: str
"""
