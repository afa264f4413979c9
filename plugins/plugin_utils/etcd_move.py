# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The way of a running cluster from http to https between its members, without an outage. No I/O.

A member tells the cluster one peer URL, and serves one scheme at one port. So the members first listen for TLS at a second port
(`both`), the cluster learns those URLs, then they listen for TLS at the usual port (`swap`), and the cluster learns that.
The settings without a step close the second port.
"""

from __future__ import annotations

import json
import typing as t
import urllib.parse

from ansible_collections.overlay.flannel.plugins.plugin_utils.etcd_context import EtcdContext

BOTH, SWAP = "both", "swap"
FIRST = (3, 5)  # the first release whose client port serves http beside https, for gRPC as well
DISTANCE = 2  # from the port for members to the second one


class Step(t.TypedDict):
    """Whether this step has to be done, whether this member's URL is still to be told, and the member's ID as etcdctl takes it."""

    needed: bool
    outdated: bool
    id: str
    url: str


def second_url(context: EtcdContext) -> str:
    return f"https://{context.found['address']}:{context.settings.peer_port + DISTANCE}"


def known_url(context: EtcdContext) -> str:
    """By which the cluster knows the member after the step."""
    return second_url(context) if context.controller.move == BOTH else context.member["peer_url"]


def listen_peer_urls(context: EtcdContext) -> list[str]:
    own, step = context.member["peer_url"], context.controller.move
    if step == BOTH:
        return [own.replace("https:", "http:", 1), second_url(context)]
    return [own, second_url(context)] if step == SWAP else [own]


def listen_client_urls(context: EtcdContext) -> list[str]:
    """Also by loopback; by both schemes while the members or the clients move."""
    own = context.member["client_url"]
    place = urllib.parse.urlsplit(own)
    found = [own, f"{place.scheme}://127.0.0.1:{place.port}"]
    plain = context.controller.move or context.settings.keep_plain
    both = [*found, *(url.replace("https:", "http:", 1) for url in found)] if plain else found
    return list(dict.fromkeys(both))


def peer_scheme_changes(context: EtcdContext) -> bool:
    """Whether a member with data keeps its address for the others, but not the scheme; also in the middle of the way."""
    own, written = context.member["peer_url"], context.written_peer_urls
    return context.member["data"] and written not in ([], [own]) and is_same_place(context)


def is_same_place(context: EtcdContext) -> bool:
    places = [url.partition(":")[2] for url in context.written_peer_urls]
    return context.member["peer_url"].partition(":")[2] in places


def can_move(context: EtcdContext) -> bool:
    to_tls = context.member["peer_url"].startswith("https:")
    return to_tls and context.minor is not None and context.minor >= FIRST and context.lives


def step_of(text: str, plan: t.Mapping[str, t.Any]) -> Step:
    """`text` is what `etcdctl member list --write-out=json` prints, `plan` the plan of this step."""
    members = json.loads(text)["members"]
    known = {member["name"]: member for member in members}
    own = known[plan["member"]["name"]]
    urls = [url for member in members for url in member["peerURLs"]]
    return Step(
        needed=any(is_left(url, plan) for url in urls),
        outdated=own["peerURLs"] != [plan["known_url"]],
        id=f"{own['ID']:x}",
        url=plan["known_url"],
    )


def is_left(url: str, plan: t.Mapping[str, t.Any]) -> bool:
    """Whether the cluster still knows a URL that this step replaces."""
    if plan["move"] == BOTH:
        return url.startswith("http:")
    port: int | None = urllib.parse.urlsplit(plan["second_url"]).port
    return urllib.parse.urlsplit(url).port == port
