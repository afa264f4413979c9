# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Random keys and values of leases."""

from __future__ import annotations

from addresses import ODD, STARTS4, STARTS6, V4, V6, some_net, spelt
from texts import Source

DATA = (
    '{"VNI":1,"VtepMAC":"86:02:7a:ad:f0:01"}', '{ "PublicKey" : "abc=", "Port":51820 }', "null", '"a\\nb"', '"\udcff"', r'"\ud800"',
    '{"a":1,"a":2}', '{"\\u0061":[1.5,1e400,-0,"\\/"]}', "[]", "5", "true", '""',
)  # fmt: skip


def key(source: Source) -> str:
    ipv4 = some_net(source, V4)
    text = f"{spelt(ipv4.start, 32)}-{ipv4.subnet_len}"
    if source.often(0.4):
        ipv6 = some_net(source, V6)
        text += f"&{spelt(ipv6.start, 128)}-{ipv6.subnet_len if source.often(0.9) else 0}"
    if source.often(0.2):
        parts = text.replace("&", "-").split("-")
        parts[source.randrange(len(parts))] = source.choice(
            (*ODD, *STARTS4, *STARTS6, "031", "32", "128", "0", "+1", "9" * 30)
        )
        text = "-".join(parts[:2]) + "".join("&" + "-".join(parts[2:]) if len(parts) > 2 else "")
    if source.often(0.1):
        text = source.damaged(text)
    text += "" if source.often(0.96) else source.choice(("/", "\n", " ", "-24", "&", "\udcff", "x"))
    return (
        source.choice(("/flannel/network/subnets/", "/x/subnets_backup/", "", "/x/subnets/9", "a\udcff/", "é.")) + text
    )


def value(source: Source) -> str:
    if source.often(0.02):
        return source.choice(
            ("", "null", "[]", "{}", "/x/subnets/10.5.1.0-24", "1", '"a"', "{}{}", "\udcff", "\ufeff{}", "NaN")
        )
    pairs = [("PublicIP", address(source, STARTS4))] if source.often(0.97) else []
    if source.often(0.6):
        pairs.append(("PublicIPv6", address(source, STARTS6) if source.often(0.5) else "null"))
    if source.often(0.8):
        pairs.append(("BackendType", source.text(source.choice(("vxlan", "extension", "ä", "\udcff")))))
    for name in ("BackendData", "BackendV6Data"):
        if source.often(0.5):
            pairs.append((name, source.choice((source.choice(DATA), source.anything()))))
    if source.oddly(0.2):
        pairs.append(
            (source.choice(("PublicIP", "PublicIPv6", "BackendType", "BackendData", "Other")), source.anything())
        )
    text = source.object(source.shuffled([(source.name(name), item) for name, item in pairs]))
    return source.damaged(text) if source.oddly(0.15) else text


def address(source: Source, usual: tuple[str, ...]) -> str:
    if not source.oddly(0.15):
        return source.text(source.choice(usual))
    return source.choice((source.text(source.choice(ODD)), source.anything()))
