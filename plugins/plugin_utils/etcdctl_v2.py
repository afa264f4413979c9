# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the etcdctl of etcd 2.3 says. No I/O; runs on the controller.

    member 8211f1d0f64f3269 is healthy: got healthy result from http://192.0.2.11:2379
    member 91bc3c398fb3c146 is unhealthy: got unhealthy result from http://192.0.2.12:2379
    member fd422379fda50e48 is unreachable: [http://192.0.2.13:2379] are all unreachable
    member a8266ecf031671f3 is unreachable: no available published client urls
    cluster is healthy

The last line and the exit status only tell that one member is well, so they do not count.
"""

from __future__ import annotations

import re
import typing as t

MEMBER = re.compile(r"^member (?P<id>\S+) is (?P<state>healthy|unhealthy|unreachable): (?P<rest>.*)$", re.MULTILINE)
URL = re.compile(r"https?://[^\s\]]+")


def cluster_health(text: str, query: t.Collection[str] = ()) -> list[dict[str, t.Any]]:
    """One answer for each member, or for each URL that was asked for, as `endpoint health --write-out=json` of etcd 3 gives it.

    A member without a URL is named by its ID. Where no member is told there is no answer at all.
    """
    answers = {told["endpoint"]: told for told in map(answer, MEMBER.finditer(text))}
    if not answers or not query:
        return list(answers.values())
    return [
        answers.get(url) or {"endpoint": url, "health": False, "error": "no member is told to be there"}
        for url in query
    ]


def answer(match: t.Match[str]) -> dict[str, t.Any]:
    url, healthy = URL.search(match["rest"]), match["state"] == "healthy"
    return {
        "endpoint": url.group() if url else f"member {match['id']}",
        "health": healthy,
        "error": "" if healthy else match["rest"],
    }
