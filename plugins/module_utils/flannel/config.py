# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""flannel's network configuration as a value: read and checked as the given flannel release does it."""

from __future__ import annotations

import dataclasses
import json
import re
import typing as t

from ansible_collections.overlay.flannel.plugins.module_utils.common.errors import InputError
from ansible_collections.overlay.flannel.plugins.module_utils.common.findings import Finding
from ansible_collections.overlay.flannel.plugins.module_utils.flannel import backends, go_json
from ansible_collections.overlay.flannel.plugins.module_utils.flannel.backend_keys import BOOL, INT
from ansible_collections.overlay.flannel.plugins.module_utils.flannel.config_backend import (
    known_type,
    read_backend_keys,
    read_backend_type,
    refuse_without_ipv4,
)
from ansible_collections.overlay.flannel.plugins.module_utils.flannel.config_fields import (
    read_document,
    read_values,
)
from ansible_collections.overlay.flannel.plugins.module_utils.flannel.config_lint import advise
from ansible_collections.overlay.flannel.plugins.module_utils.flannel.config_messages import (
    redacted,
)
from ansible_collections.overlay.flannel.plugins.module_utils.flannel.config_ranges import families
from ansible_collections.overlay.flannel.plugins.module_utils.flannel.config_types import NetworkConfig, NetworkError
from ansible_collections.overlay.flannel.plugins.module_utils.flannel.versions import (
    NEWEST_FLANNEL,
    parse_version,
)


def check(text: str, flannel_version: str = "") -> NetworkConfig:
    """What this flannel makes of the text in `<prefix>/config`: flannel's defaults filled in. No I/O.

    `flannel_version` is a release such as `0.28.10`; by default the newest that this collection knows.
    Raises NetworkError where flanneld would refuse the text or end by it: `details["reason"]` is flannel's own,
    `allowed` and `fix` are our hint. Raises InputError for a version that is none.
    What flannel takes though no one can want it is in `findings`, see config_lint.
    Order and rules: subnet/config.go, backend/manager.go and the RegisterNetwork of each backend, at the tags.
    """
    version = parse_version(flannel_version or NEWEST_FLANNEL)
    document = read_document(text)
    values = read_values(document, version)
    if version >= (0, 20):
        written = read_backend_type(values)
        ipv4, ipv6 = families(values, version)
    else:
        ipv4, ipv6 = families(values, version)
        written = read_backend_type(values)
    backend_type = known_type(written, bool(ipv4 or ipv6), version)
    backend = read_backend_keys(backend_type, values, version)
    if not ipv4:
        refuse_without_ipv4(backend_type, version)
    config = NetworkConfig(ipv4, ipv6, values.get("EnableNFTables", False), backend_type, backend)
    return dataclasses.replace(config, findings=advise(document, config, version))


def check_dict(config: t.Mapping[str, t.Any], flannel_version: str = "") -> NetworkConfig:
    return check(encode(config), flannel_version)


def problems(network: t.Any, flannel_version: str, hosts: int = 0) -> list[Finding]:
    """All that is wrong with it, as findings: for those who want to go on after the first."""
    try:
        if not isinstance(network, (str, t.Mapping)):
            raise InputError(
                "network",
                redacted(repr(network)),
                "a dictionary in flannel's own spelling",
                "write Network and Backend",
            )
        config = check(network if isinstance(network, str) else encode(network), flannel_version)
    except (NetworkError, InputError) as error:
        return [error.finding]
    return [*config.findings, *_too_few(config, hosts)]


def _too_few(config: NetworkConfig, hosts: int) -> list[Finding]:
    if config.capacity() >= hosts:
        return []
    seen = f"the network has {config.capacity()} subnets for {hosts} hosts"
    fix = "use a larger Network, a larger SubnetLen, or move SubnetMin and SubnetMax apart"
    return [Finding(code="network_too_small", seen=seen, expected=f"{hosts} subnets or more", fix=fix)]


def encode(config: t.Mapping[str, t.Any]) -> str:
    """The text to store. Templates turn numbers into text: the keys that want numbers get them back."""
    return json.dumps(_tidy(config), separators=(",", ":"))


def _tidy(value: t.Any, name: str = "") -> t.Any:
    if isinstance(value, t.Mapping):
        return {str(key): _tidy(item, str(key)) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_tidy(item) for item in value]
    if isinstance(value, str) and go_json.fold(name) in _NUMBERS and re.fullmatch(r"0|-?[1-9][0-9]*", value):
        return int(value)
    if isinstance(value, str) and go_json.fold(name) in _BOOLS and value.lower() in ("true", "false"):
        return value.lower() == "true"
    return value


_KEYS = [(name, key) for backend in backends.BACKENDS.values() for name, key in backend.keys.items()]
_NUMBERS = {"subnetlen", "ipv6subnetlen"} | {go_json.fold(n) for n, key in _KEYS if key.reader is INT}
_BOOLS = {"enableipv4", "enableipv6", "enablenftables"} | {go_json.fold(n) for n, key in _KEYS if key.reader is BOOL}
