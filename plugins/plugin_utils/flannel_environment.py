# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""flanneld's settings. All are in its environment, so that the running process can be compared with the file. No I/O."""

from __future__ import annotations

import hashlib
import json
import re
import typing as t

from ansible_collections.overlay.flannel.plugins.plugin_utils.flannel_context import FlannelContext

TO_ESCAPE = re.compile(r'([\\"$`])')


def own_environment(context: FlannelContext) -> dict[str, str]:
    """What the role sets itself; empty values are left out of the file."""
    wanted = context.settings
    return {
        "FLANNELD_ETCD_ENDPOINTS": ",".join(wanted.etcd_endpoints),
        "FLANNELD_ETCD_PREFIX": wanted.etcd_prefix,
        "FLANNELD_ETCD_CAFILE": wanted.etcd_ca_cert,
        "FLANNELD_ETCD_CERTFILE": wanted.etcd_client_cert,
        "FLANNELD_ETCD_KEYFILE": wanted.etcd_client_key,
        "FLANNELD_ETCD_USERNAME": wanted.etcd_username,
        "FLANNELD_ETCD_PASSWORD": wanted.etcd_password,
        "FLANNELD_IFACE": context.choice["address"],
        "FLANNELD_PUBLIC_IP": context.address,
        "FLANNELD_IP_MASQ": str(wanted.ip_masq).lower(),
        # flanneld reads the network's configuration only when it starts: this shows which one that was.
        "OVERLAY_NETWORK_DIGEST": network_digest(wanted.network),
    }


def network_digest(network: t.Mapping[str, t.Any]) -> str:
    """As Ansible's filters `to_json(sort_keys=true) | hash('sha256')` give it: another text would restart flanneld on every host."""
    if not network:
        return ""
    text = json.dumps(network, sort_keys=all(isinstance(name, str) for name in names_in(network)), default=str)
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def names_in(value: t.Any) -> t.Iterator[t.Any]:
    """Names of another type cannot be sorted together with text."""
    if isinstance(value, t.Mapping):
        yield from value
    if isinstance(value, (t.Mapping, list, tuple)):
        for item in value.values() if isinstance(value, t.Mapping) else value:
            yield from names_in(item)


def flag_environment(options: t.Mapping[str, t.Any]) -> dict[str, str]:
    """flanneld reads a flag as FLANNELD_ and its name."""
    return {"FLANNELD_" + str(name).upper().replace("-", "_"): str(value) for name, value in options.items()}


def package_environment(context: FlannelContext) -> dict[str, str]:
    package = context.platform.package if context.settings.by_package else None
    if package is None:
        return {}
    return {
        **dict.fromkeys(package.endpoint_variables, ",".join(context.settings.etcd_endpoints)),
        **dict.fromkeys(package.prefix_variables, context.settings.etcd_prefix),
    }


def environment(context: FlannelContext) -> list[tuple[str, str]]:
    """Sorted, each value escaped for a double-quoted string of systemd's EnvironmentFile."""
    found = {
        **{name: value for name, value in own_environment(context).items() if value},
        **flag_environment(context.settings.options),
        **package_environment(context),
    }
    return [(name, escaped(found[name])) for name in sorted(found, key=str.lower)]


def escaped(value: str) -> str:
    return TO_ESCAPE.sub(r"\\\1", value)
