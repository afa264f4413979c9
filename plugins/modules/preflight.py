#!/usr/bin/python
# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: preflight
short_description: Plan several roles for a host, and fail with everything that cannot work
version_added: 0.1.0
author:
  - overlay.flannel contributors (@overlay-flannel)
description:
  - Makes the plan of each component, as M(overlay.flannel.plan) does, and fails with all refusals at once.
  - Returns what is left to do for each component, so that a playbook loads a role only where it has work.
  - Runs on the controller. It connects to no host and changes nothing.
extends_documentation_fragment:
  - overlay.flannel.attributes.info
options:
  components:
    description:
      - The roles that this host gets, in the order in which they depend on each other.
      - Components after one that is refused are not planned.
    type: list
    elements: str
    required: true
    choices: [etcd, flannel, docker, metrics]
  facts:
    description:
      - Name of the variable that holds a result of M(overlay.flannel.host_info) with the same O(overlay.flannel.host_info#module:components).
      - A name and not the value, because templating the value would take Ansible longer than making the plan.
    type: str
    required: true
  refuse_role_variables:
    description: Fail where the inventory or the command line sets a variable of a role that the playbooks of this collection set themselves.
    type: bool
    default: false
  etcd_required:
    description: Fail where O(etcd_members) is empty, or where one of them is no host of this play or did not answer.
    type: bool
    default: false
  etcd_members:
    description: Inventory names of etcd's members.
    type: list
    elements: str
    default: []
  shared:
    description:
      - Names of variables that must have the same value on all hosts, and their defaults.
      - The module fails if a value differs from that of O(reference).
    type: dict
    default: {}
  renew_days:
    description: Days before the end of a certificate in C(/etc/etcd/pki) or C(/etc/flannel/pki) at which it is to be issued anew.
    type: int
    default: 30
  etcd_users:
    description: Report on the host O(reference) also whether users of etcd are still to be made.
    type: bool
    default: false
  reference:
    description:
      - Inventory name of the host whose values of O(shared) are compared with those of this host. If empty, nothing is compared.
      - If its facts have RV(overlay.flannel.host_info#module:registry), that is what etcd holds.
    type: str
    default: ""
  pings:
    description: Number of peers that must have answered the pings in the facts, so that this host has a RV(verdict).
    type: int
    default: 0
"""

EXAMPLES = r"""
- name: Collect the host's facts
  overlay.flannel.host_info:
    components: [flannel, docker]
  register: overlay_host_info

- name: Refuse what cannot work
  overlay.flannel.preflight:
    components: [flannel, docker]
    facts: overlay_host_info
  register: overlay_preflight

- name: Configure docker
  ansible.builtin.include_role:
    name: overlay.flannel.docker
  when: overlay_preflight.remaining.docker | length > 0
"""

RETURN = r"""
remaining:
  description:
    - What differs, as a list of texts for each component.
    - C(network) is there for O(reference) only, and says what keeps the configuration in etcd from being the wanted one.
    - C(preparation) is what must be done before the plans are complete, which is to download RV(releases) and to find out RV(first_start).
  returned: success
  type: dict
  sample: {preparation: [], flannel: [], docker: [docker.service does not start at boot]}
interrupts:
  description: What the roles would restart although it runs now, as texts.
  returned: success
  type: list
  elements: str
  sample: ["flanneld restarts: /etc/default/flanneld changes"]
hold_docker:
  description:
    - Whether the units that watch flannel's options must not restart Docker until it is the host's turn. C(docker_restart_serial) is set, Docker runs,
      and the role flannel has something to do.
  returned: success
  type: bool
  sample: false
reference:
  description: The host of O(reference), that reads etcd for all. It has the lock of the fleet, too.
  returned: success
  type: str
  sample: flannel-1
releases:
  description: Release archives that must be downloaded to the controller.
  returned: success
  type: list
  elements: dict
subject:
  description:
    - What the certificates of the host's member of etcd have to name. An element of O(overlay.flannel.certificates#module:members).
    - Empty without the component V(etcd).
  returned: success
  type: dict
  sample: {name: etcd-1, names: [etcd-1], addresses: [192.0.2.11]}
first_start:
  description: Whether this host is a member of etcd without data, and the other members decide how it starts for the first time.
  returned: success
  type: bool
flannel_address:
  description: The public address of the host in the overlay. Empty without the component flannel.
  returned: success
  type: str
  sample: 172.72.2.11
flannel_uplink:
  description: The interface that carries this address.
  returned: success
  type: str
  sample: eth1
verdict:
  description:
    - A result of M(overlay.flannel.host_info) with the leases in etcd, made of the facts by the same checks. Null if a check finds anything, if
      a peer did not answer, if the leases are not known, or if the facts do not have the entries of peers.
  returned: success
  type: dict
  sample:
flannel_without_lease:
  description: The process id of a running flanneld whose lease etcd does not have. V(0) if it has one, or if that is not known.
  returned: success
  type: int
  sample: 0
"""
