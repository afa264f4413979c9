# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A prefix of its own in one store."""

from __future__ import annotations

import dataclasses
import json

from etcd_server import Etcd, Keys


@dataclasses.dataclass
class Place:
    etcd: Etcd
    api: str
    prefix: str

    @property
    def keys(self):
        return Keys(self.etcd, self.api)

    @property
    def config_key(self):
        return f"{self.prefix}/config"

    @property
    def config(self):
        text = self.keys.get(self.config_key)
        return json.loads(text) if text else None

    def connection(self, **changed):
        return {
            "endpoints": [self.etcd.url],
            "prefix": self.prefix,
            "api": self.api,
            "etcdctl": self.etcd.etcdctl_path,
            **self.etcd.client,
            **changed,
        }

    def configure(self, config):
        self.keys.put(self.config_key, config if isinstance(config, str) else json.dumps(config))

    def lease(self, subnet="10.5.1.0-24", public_ip="192.0.2.1", backend="vxlan", vni=1, ttl=80000, **more):
        data = {"BackendData": {"VNI": vni, "VtepMAC": "82:5c:0f:11:22:33"}} if vni else {}
        value = {"PublicIP": public_ip, **({"BackendType": backend} if backend else {}), **data, **more}
        self.keys.put(f"{self.prefix}/subnets/{subnet}", json.dumps(value), ttl)
