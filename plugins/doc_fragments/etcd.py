# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Options that every module for etcd shares."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  endpoints:
    description:
      - Client URLs of etcd. One that does not answer is skipped for the next.
      - They are used from the host that runs the module, not from the controller.
    type: list
    elements: str
    default: ["http://127.0.0.1:2379"]
  prefix:
    description:
      - Where flannel keeps its things in etcd; the same as flanneld's C(--etcd-prefix).
      - Doubled slashes and one at the end do not count.
    type: str
    default: /flannel/network
  api:
    description:
      - Which API of etcd to speak. The two do not see each other's keys.
      - V(auto) takes what O(flannel_version) reads. Without that it takes what the cluster answers, and fails if
        the cluster answers both.
    type: str
    choices: [auto, v2, v3]
    default: auto
  flannel_version:
    description:
      - The flannel release in use, for example V(0.28.10).
      - It decides which API is spoken (0.17.0 and older read V(v2), 0.18.0 and newer V(v3)) and by whose rules
        configurations and leases are judged.
      - If empty, the rules of the newest flannel for the API are taken.
    type: str
    default: ''
  ca_cert:
    description: File with the certificates of the authorities that etcd's certificate is checked against.
    type: path
  client_cert:
    description: File with the certificate to show to etcd. Needs O(client_key).
    type: path
  client_key:
    description: File with the key of O(client_cert).
    type: path
  username:
    description: User of etcd, where etcd's authentication is on. Needs O(password). Without V(:).
    type: str
  password:
    description: Password of O(username). It is handed to etcdctl by the environment, never as an argument.
    type: str
  timeout:
    description:
      - Seconds after which one question to etcd ends with an error that names the endpoint and the cause, whichever of
        O(endpoints) were tried.
      - The first question without an answer ends the module. One that asks several, such as to read, to look at the
        leases and to write, can take that long for each of them if etcd is slow, but answers just in time.
    type: int
    default: 10
  etcdctl:
    description:
      - The etcdctl to use for the v3 API, as a name or a path.
      - A name is searched in C(PATH), then in C(/usr/local/sbin), C(/usr/local/bin), C(/usr/sbin), C(/usr/bin), C(/sbin) and C(/bin).
        The C(PATH) of sudo lacks the first two on RHEL and its like.
    type: path
    default: etcdctl
requirements:
  - etcdctl of etcd 3.3 or newer for the v3 API, on the host that runs the module
  - python-etcd 0.4.5 for the v2 API, on the host that runs the module
"""
