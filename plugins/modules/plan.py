#!/usr/bin/python
# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: plan
short_description: Compare a host with the variables of a role
version_added: 0.1.0
author:
  - overlay.flannel contributors (@overlay-flannel)
description:
  - Compares the facts of a host with the variables of one of the roles P(overlay.flannel.etcd#role), P(overlay.flannel.flannel#role) and
    P(overlay.flannel.docker#role), and returns what differs. The roles act on the result.
  - Reads the role's variables itself, as they are set for the host, with the defaults of the role's argument specification.
  - Runs on the controller. It connects to no host and changes nothing.
extends_documentation_fragment:
  - overlay.flannel.attributes.info
options:
  component:
    description: The role.
    type: str
    required: true
    choices: [etcd, flannel, docker, metrics]
  facts:
    description:
      - Name of the variable that holds a result of M(overlay.flannel.host_info) with the same O(overlay.flannel.host_info#module:components).
      - A name and not the value, because templating the value would take Ansible longer than making the plan.
    type: str
    required: true
"""

EXAMPLES = r"""
- name: Collect the host's facts
  overlay.flannel.host_info:
    components: [docker]
  register: docker_host_facts

- name: Show what the role docker would do
  overlay.flannel.plan:
    component: docker
    facts: docker_host_facts
"""

RETURN = r"""
refusals:
  description:
    - What cannot work, one text each with host, variable, value, allowed values and the fix.
    - If there are any, the other lists may be incomplete.
  returned: always
  type: list
  elements: str
warnings:
  description: Settings that work, but have a risk.
  returned: always
  type: list
  elements: str
release:
  description: The release archive that must be downloaded to the controller before its programs can be copied. Empty if there is none.
  returned: always
  type: dict
adopted:
  description: Paths of somebody else that the role replaces because its variable C(ROLE_adopt) is true. The role keeps a copy of each beside it.
  returned: always
  type: list
  elements: str
packages:
  description: Packages to install, with a version if the role needs a certain one.
  returned: always
  type: list
  elements: str
programs:
  description: Programs that differ on the host, each with C(path), C(src) on the controller, and C(mode).
  returned: always
  type: list
  elements: dict
directories:
  description: Directories that are missing or have another owner or mode.
  returned: always
  type: list
  elements: dict
files:
  description: Files that differ, each with C(path), C(content) and C(mode).
  returned: always
  type: list
  elements: dict
unwanted:
  description: Files to remove, each with C(path).
  returned: always
  type: list
  elements: dict
modules:
  description: Kernel modules to load.
  returned: always
  type: list
  elements: str
sysctls:
  description: Names of sysctls whose value differs.
  returned: always
  type: list
  elements: str
restart:
  description: Reasons why the daemon must start or restart. Empty if it runs with the wanted program, settings and options.
  returned: always
  type: list
  elements: str
remaining:
  description: Everything that differs, as texts. Empty if nothing is left to do.
  returned: always
  type: list
  elements: str
"""
