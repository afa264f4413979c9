# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Secrets within values, above all the key in a network configuration: found, put in, taken out. No I/O."""

from __future__ import annotations

import json
import re
import typing as t

from ansible_collections.overlay.flannel.plugins.module_utils.flannel import go_json
from ansible_collections.overlay.flannel.plugins.module_utils.flannel.backends import SECRET_KEYS

# Of modules: what Ansible itself keeps out of logs.
PSK_ARGUMENT: dict[str, t.Any] = {"type": "str", "no_log": True}

_IN_TEXT = re.compile(rf'"(?:{"|".join(sorted(SECRET_KEYS))})"\s*:\s*"((?:[^"\\]|\\.)*)', re.IGNORECASE | re.DOTALL)

# A user in an endpoint is refused, but only after it could be logged.
_IN_URL = re.compile(r"(?:^(?!\w+://)|//)[^\s/:@]*:([^\s,]+)@")


def secrets(*documents: t.Any) -> set[str]:
    """Values that nothing may show, also as Python and JSON write them; shorter ones would blank out half of it, and are refused anyway.

    They are found wherever they stand, also in a text that may be no JSON.
    """
    values = {value for item in documents for value in _secret_values(item) if len(value) > 3}
    return {form for value in values for form in (value, repr(value)[1:-1], json.dumps(value)[1:-1])}


def _secret_values(item: t.Any, secret: bool = False) -> t.Iterator[str]:
    if isinstance(item, t.Mapping):
        for name, value in item.items():
            yield from _secret_values(value, secret or go_json.fold(str(name)) in SECRET_KEYS)
    elif isinstance(item, (list, tuple)):
        for value in item:
            yield from _secret_values(value, secret)
    elif secret and item is not None and not isinstance(item, bool):
        yield str(item)
    elif isinstance(item, str):
        yield from _IN_TEXT.findall(item)
        yield from _IN_URL.findall(item)


def with_psk(network: t.Any, psk: t.Any) -> t.Any:
    """The configuration with this key in its backend, whatever key is there; what is no configuration stays as it is."""
    name = _backend_name(network)
    if not psk or name is None:
        return network
    backend = network.get(name, {})
    return {**without_psk(network), name: {**without_psk(backend), "PSK": str(psk)}}


def psk_of(network: t.Any) -> str:
    """The key in the backend; empty where there is none."""
    name = _backend_name(network)
    backend = network.get(name, {}) if name is not None else {}
    found = [str(value) for key, value in backend.items() if _is_psk(key) and value is not None]
    return found[-1] if found else ""


def without_psk(item: t.Any) -> t.Any:
    """The same without a key, wherever one stands."""
    if isinstance(item, t.Mapping):
        return {name: without_psk(value) for name, value in item.items() if not _is_psk(name)}
    return [without_psk(value) for value in item] if isinstance(item, (list, tuple)) else item


def _is_psk(name: t.Any) -> bool:
    return go_json.fold(str(name)) == "psk"


def _backend_name(network: t.Any) -> str | None:
    """How the configuration spells it; None where there is no place for a key."""
    if not isinstance(network, t.Mapping):
        return None
    found = [name for name in network if go_json.fold(str(name)) == "backend"]
    name = found[-1] if found else "Backend"
    return name if isinstance(network.get(name, {}), t.Mapping) else None
