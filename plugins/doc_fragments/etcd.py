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
      - Client URLs of etcd. If an endpoint does not answer, the next one is tried.
      - They must be reachable from the host that runs the module, which is not the controller.
    type: list
    elements: str
    default: ["http://127.0.0.1:2379"]
  prefix:
    description:
      - Prefix of flannel's keys in etcd, as in flanneld's C(--etcd-prefix).
      - Double slashes and a slash at the end are ignored.
    type: str
    default: /flannel/network
  api:
    description:
      - The API of etcd to use. Keys of one API are not visible in the other.
      - V(auto) uses the API that O(flannel_version) reads. If that is empty, it uses the only API that the cluster serves, and fails
        if the cluster serves both.
    type: str
    choices: [auto, v2, v3]
    default: auto
  flannel_version:
    description:
      - The flannel release in use, for example V(0.28.10).
      - Selects the API (0.17.0 and older read V(v2), 0.18.0 and newer V(v3)) and the rules for configurations and leases.
      - If empty, the rules of the newest flannel for the API are used.
    type: str
    default: ''
  ca_cert:
    description: File with the certificates of the authorities that verify etcd's certificate.
    type: path
  client_cert:
    description: File with the client certificate. Needs O(client_key).
    type: path
  client_key:
    description: File with the key of O(client_cert).
    type: path
  username:
    description: User of etcd, if authentication is enabled there. Needs O(password). Must not contain V(:).
    type: str
  password:
    description: Password of O(username). Passed to etcdctl in its environment, never as an argument.
    type: str
  timeout:
    description:
      - Maximum number of seconds for one request to etcd, including all O(endpoints) that are tried. The error names endpoint and
        cause.
      - The first request without an answer ends the module. A module that sends several requests, such as to read the configuration,
        to read leases and to write, can take that long for each of them.
    type: int
    default: 10
  etcdctl:
    description:
      - The etcdctl for the v3 API, as a name or a path.
      - A name is searched in C(PATH), then in C(/usr/local/sbin), C(/usr/local/bin), C(/usr/sbin), C(/usr/bin), C(/sbin) and C(/bin),
        because the C(PATH) of sudo lacks the first two on RHEL and similar distributions.
    type: path
    default: etcdctl
requirements:
  - etcdctl of etcd 3.3 or newer for the v3 API, on the host that runs the module
  - python-etcd 0.4.5 for the v2 API, on the host that runs the module
"""
