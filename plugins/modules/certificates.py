#!/usr/bin/python
# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: certificates
short_description: Issue, renew and rotate the certificates of an etcd cluster
version_added: 0.1.0
author:
  - overlay.flannel contributors (@overlay-flannel)
description:
  - Keeps a directory of the controller with two authorities, and with all certificates that they have signed.
    C(ca) is for etcd's servers and for clients, C(peer-ca) for the traffic between members.
    With only one of them, etcd would accept the certificate of a flannel host at its peer port.
  - Issues what is missing, ends soon, has no fitting key, or lacks an address. A new certificate always has a new key.
  - Makes an authority only where there is none. An authority of yours (its subject has not the organisation C(overlay.flannel)) is never replaced or changed.
    If its key is not in the directory, all certificates have to be yours too.
  - Runs on the controller and connects to no host. It copies nothing to hosts. Use it with C(run_once).
  - Needs the Python library C(cryptography) where Ansible runs, which ansible-core itself needs for ansible-vault.
extends_documentation_fragment:
  - overlay.flannel.attributes.state
options:
  dir:
    description:
      - Absolute path of the directory. It is made if it is missing, for its owner only.
      - A directory or a key with a mode that lets other users read it is refused. A key that is encrypted by ansible-vault may be readable.
    type: path
    required: true
  members:
    description:
      - The members of the cluster. Each gets C(members/NAME/server) and C(members/NAME/peer).
      - A certificate that has more names and addresses than are wanted stays until its next renewal.
    type: list
    elements: dict
    default: []
    suboptions:
      name:
        description: Name in the inventory.
        type: str
        required: true
      names:
        description:
          - Host names by which clients and peers reach the member. An address in this list counts as one of O(members[].addresses).
          - V(localhost) is always part of a server's certificate.
        type: list
        elements: str
        default: []
      addresses:
        description:
          - All addresses of the member. etcd compares them with the address from which a peer connects.
          - V(127.0.0.1) and V(::1) are always part of a server's certificate.
        type: list
        elements: str
        default: []
  clients:
    description: Names of the flannel hosts in the inventory. Each gets C(clients/NAME).
    type: list
    elements: str
    default: []
  client_user:
    description: The user of etcd as which flanneld connects. It is the common name of the certificates of O(clients).
    type: str
    default: flannel
  users:
    description: Further users of etcd. Each gets C(users/NAME) with its name as common name.
    type: list
    elements: str
    default: [root, reader]
  days:
    description: How long a certificate lasts. It never lasts longer than its authority.
    type: int
    default: 365
  ca_days:
    description: How long an authority lasts.
    type: int
    default: 3650
  renew_days:
    description:
      - A certificate that ends in fewer days is issued again.
      - An authority that ends in fewer days is a warning, because only O(rotate) replaces it.
    type: int
    default: 30
  encrypt:
    description:
      - Writes private keys as files of ansible-vault, with the vault secret of the run. Encrypts the keys that are there already,
        except that of an authority of yours.
      - Encrypted keys are always read, whatever this option is.
    type: bool
    default: false
  rotate:
    description:
      - One step of replacing both authorities and all keys without an outage. Roll out each step to all hosts before the next one.
      - With V(trust), new authorities are made as C(ca.next) and C(peer-ca.next). C(trust.crt) and C(peer-trust.crt) hold the old ones and the new ones.
      - With V(issue), the new authorities become C(ca) and C(peer-ca), and issue all certificates, with new keys.
      - With V(finish), C(trust.crt) and C(peer-trust.crt) hold only the new authorities.
      - The step is read from the files in the directory. A step that is done already changes nothing. A killed run is continued by the same step.
    type: str
    default: ""
    choices: ["", trust, issue, finish]
seealso:
  - name: Certificates of etcd
    description: The layout of the directory, authorities of your own, renewal, rotation, and backups.
    link: https://github.com/overlay-flannel/overlay.flannel/blob/main/docs/certificates.md
"""

EXAMPLES = r"""
- name: Issue or renew what is due
  overlay.flannel.certificates:
    dir: "{{ overlay_pki_dir }}"
    members:
      - name: node1
        names: [node1.example.org]
        addresses: [192.0.2.11, "2001:db8::11"]
    clients: [node1, node2, node3]
  run_once: true
  register: pki_certificates

- name: Begin to replace the authorities, unless that is under way
  overlay.flannel.certificates:
    dir: "{{ overlay_pki_dir }}"
    members:
      - name: node1
        names: [node1.example.org]
        addresses: [192.0.2.11, "2001:db8::11"]
    clients: [node1, node2, node3]
    rotate: trust
  run_once: true
  when: not pki_certificates.trusts_old
"""

RETURN = r"""
issued:
  description: The certificates that were issued (in check mode, would be), each with the reason.
  returned: success
  type: dict
  sample:
    clients/node2.crt: missing
    members/node1/server.crt: expires in 12 days
rotation:
  description:
    - V(trust) where hosts have to trust new authorities and certificates are of the old ones, V(issue) where certificates are of the new authorities
      and the old ones are still trusted.
    - Empty where no rotation is unfinished.
  returned: success
  type: str
trusts_old:
  description: Whether a rotation is not finished.
  returned: success
  type: bool
certificates:
  description: All certificates in the directory, by their path in it. In check mode, those that are there now.
  returned: success
  type: dict
  contains:
    not_after:
      description: When it ends, in UTC.
      type: str
      sample: "2027-11-30T03:07:12Z"
    days_left:
      description: Whole days until then. Negative if it has ended.
      type: int
    subject:
      description: Its subject as in RFC 4514.
      type: str
    names:
      description: Host names and addresses in it.
      type: list
      elements: str
    authority:
      description: Path of the authority that has signed it. Empty if that one is not in the directory, or is only trusted as an old one.
      type: str
"""
