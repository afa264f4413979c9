# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Random texts for flannel's network configuration."""

from __future__ import annotations

import base64

from addresses import V4, V6, Net, bound, network, some_net, subnet_len
from texts import WORDS, Source

from ansible_collections.overlay.flannel.plugins.module_utils.flannel.backends import BACKENDS, UNRELEASED

TYPES = tuple(name for name, backend in BACKENDS.items() if backend.until == UNRELEASED)
NO_TYPES = (
    *(f'"{name}"' for name in ("", "VXLAN ", "vx lan", "geneve", "\u017f", "İ", "aws-vpc\udcff")),
    "null",
    "1",
    "{}",
    "[ ]",
)
KEY_OF_32_BYTES = base64.b64encode(bytes(range(32))).decode()
SECRETS = (
    KEY_OF_32_BYTES, KEY_OF_32_BYTES[:-1], KEY_OF_32_BYTES + "=", KEY_OF_32_BYTES + "\n", "\r\n" + KEY_OF_32_BYTES,
    KEY_OF_32_BYTES.replace("=", "\n="), KEY_OF_32_BYTES + " ", KEY_OF_32_BYTES[4:], KEY_OF_32_BYTES.replace("/", "_"), "A" * 43 + "=",
    "A" * 44, "p" * 95, "p" * 96, "ä" * 48, "€" * 31, "€" * 32, "\udcff" * 31, "\udcff" * 32, "",
)  # fmt: skip
COMMANDS = ("true", " true", "a b  c", "$X", " ", "\t\n", "\u2003", "\x1c", "\x85", "\u200b", "", "exit 1; x", "/bin/x")
MODES = ("separate", "auto", "ipv4", "ipv6", "Auto", "", "none", " auto")
WHOLE = (
    "null", "{}", "[]", "", " ", "1", '"a"', "true", "\ufeff{}", "{}{}", "{},", "nul", "-", "{", "}", '{"Network"', '{"Network":}', "\udcff",
    '{"Network":"10.5.0.0/16"} x', "NaN", "[" * 10001, "[" * 10000 + "]" * 10000, '{"Network":"10.5.0.0/16","Network":null}',
)  # fmt: skip


def network_text(source: Source) -> str:
    if source.often(0.01):
        return source.choice(WHOLE)
    text = source.object(source.shuffled(list(config(source))))
    return source.damaged(text) if source.oddly(0.15) else text


def config(source: Source) -> list[tuple[str, str]]:
    """Names and values; what is decided once here (which families are on) makes most texts nearly right."""
    pairs = family(source, "")
    dual = source.often(0.35)
    if dual or source.often(0.05):
        pairs += family(source, "IPv6")
    if dual:
        pairs.append(("EnableIPv6", source.anything() if source.oddly(0.1) else "true"))
    if source.oddly(0.1) or (dual and source.often(0.2)):
        pairs.append(("EnableIPv4", source.choice(("false", "false", "true", "null", source.anything()))))
    if source.often(0.1):
        pairs.append(("EnableNFTables", source.anything() if source.oddly(0.2) else source.choice(WORDS)))
    if source.often(0.9):
        pairs.append(("Backend", backend(source)))
    if source.often(0.1):
        pairs.append((source.choice(("Other", "Netw\u00f6rk", "", "Type", "SubnetLen ")), source.anything()))
    if source.often(0.1) and pairs:
        name, value = source.choice(pairs)
        pairs.append((name, source.anything() if source.oddly(0.7) else value))
    return [(source.name(name), value) for name, value in pairs]


def family(source: Source, prefix: str) -> list[tuple[str, str]]:
    net = some_net(source, V6 if prefix else V4)
    if prefix and source.often(0.05):
        net = Net(V6, source.choice((0, 10 << 24)), 0, source.randint(90, 126))
    written = net._replace(family=V4) if prefix and net.start < 1 << 32 and source.often(0.6) else net
    pairs = [("Network", network(source, written))] if not source.oddly(0.05) else []
    for name, share, make in (("SubnetLen", 0.5, subnet_len), ("SubnetMin", 0.35, bound), ("SubnetMax", 0.35, bound)):
        if source.often(share):
            pairs.append((name, make(source, net)))
    return [(prefix + name, value) for name, value in pairs]


def backend(source: Source) -> str:
    if source.oddly(0.05):
        return source.anything()
    kind = source.choice(TYPES)
    pairs = [("Type", source.text(kind if source.often(0.9) else kind.upper()))]
    if source.oddly(0.1):
        pairs[0] = ("Type", source.choice(NO_TYPES))
    if source.often(0.02):
        pairs.append(("Type", source.anything()))
    names = list(BACKENDS[kind].keys) if source.often(0.8) else ["Port", "VNI", "Other", "MTU"]
    for name in source.sample(names, source.randint(0, len(names))):
        pairs.append((name, key_value(source, name)))
        if source.often(0.05):
            pairs.append((name, key_value(source, name)))
    return source.object(source.shuffled([(source.name(name), value) for name, value in pairs]))


def key_value(source: Source, name: str) -> str:
    if source.oddly(0.2):
        return source.anything()
    if name == "PSK":
        return source.text(source.choice(SECRETS))
    if name == "Mode":
        return source.text(source.choice(MODES[4:] if source.oddly(0.3) else MODES[:4]))
    if name.endswith("Command"):
        return source.text(source.choice(COMMANDS))
    if name in ("GBP", "Learning", "DirectRouting", "UDPEncap"):
        return source.choice(("true", "false", "null"))
    if name in ("ESPProposal", "AccessKeyID", "AccessKeySecret", "RouteTableID"):
        return source.text(source.choice(("aes256-sha256", "abc", "", "ä\udcff", "a b")))
    return source.numbers() if source.oddly(0.5) else source.choice(("0", "1", "51820", "-1", "null"))
