# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which members are healthy, from what etcdctl answers. No I/O.

etcd 3 (`endpoint health --write-out=json`) prints a list of {endpoint, health, error}. etcd 2.3 (`cluster-health`) prints text:

    member 8211f1d0f64f3269 is healthy: got healthy result from http://192.0.2.11:2379
    member 91bc3c398fb3c146 is unhealthy: got unhealthy result from http://192.0.2.12:2379
    member fd422379fda50e48 is unreachable: [http://192.0.2.13:2379] are all unreachable
    member a8266ecf031671f3 is unreachable: no available published client urls
    cluster is healthy

The last line and the exit status only say that one member is healthy, so they do not count.
"""

from __future__ import annotations

import json
import re
import typing as t

MEMBER = re.compile(r"^member (?P<id>\S+) is (?P<state>healthy|unhealthy|unreachable): (?P<rest>.*)$", re.MULTILINE)
URL = re.compile(r"https?://[^\s\]]+")
# With authentication a member misses the user only after it has reached the others: it is healthy.
NEEDS_USER = re.compile(r"user name is empty|permission denied")


class Answer(t.TypedDict):
    endpoint: str
    health: bool
    error: str


class Health(t.TypedDict):
    """`unhealthy` are names of members, or endpoints that no member of the run has. Without an answer nothing is healthy.

    `may_restart` says whether this host's member may be restarted: the others are healthy, or it does not serve anyway.
    """

    answered: bool
    healthy: bool
    unhealthy: t.List[str]
    may_restart: bool


def health_of(text: str, plan: t.Mapping[str, t.Any], endpoints: t.Sequence[str] = ()) -> Health:
    """`plan` is the plan of etcd for this host; `endpoints` are those that were to answer (empty: the whole cluster)."""
    answers = answers_of_v3(text) if text.lstrip().startswith("[") else answers_of_v2(text, endpoints)
    unhealthy = [answer["endpoint"] for answer in answers if not is_healthy(answer)]
    names = {member[url]: member["name"] for member in plan["members"] for url in ("client_url", "endpoint")}
    own = (plan["member"]["client_url"], plan["member"]["endpoint"])
    return Health(
        answered=bool(answers),
        healthy=bool(answers) and not unhealthy,
        unhealthy=[names.get(endpoint, endpoint) for endpoint in unhealthy],
        may_restart=not unhealthy or any(url in unhealthy for url in own),
    )


def is_healthy(answer: Answer) -> bool:
    return answer["health"] or bool(NEEDS_USER.search(answer["error"]))


def answers_of_v3(text: str) -> list[Answer]:
    try:
        found = json.loads(text)
    except ValueError:
        return []
    return [
        Answer(endpoint=one["endpoint"], health=bool(one.get("health")), error=str(one.get("error") or ""))
        for one in found
    ]


def answers_of_v2(text: str, endpoints: t.Sequence[str] = ()) -> list[Answer]:
    """One answer for each member, or for each endpoint; a member without a URL has its ID. A cluster that lists no member gives none."""
    answers = {answer["endpoint"]: answer for answer in map(_answer_of_v2, MEMBER.finditer(text))}
    if not answers or not endpoints:
        return list(answers.values())
    missing = "the cluster has no such member"
    return [answers.get(url) or Answer(endpoint=url, health=False, error=missing) for url in endpoints]


def _answer_of_v2(match: t.Match[str]) -> Answer:
    url, healthy = URL.search(match["rest"]), match["state"] == "healthy"
    endpoint = url.group() if url else f"member {match['id']}"
    return Answer(endpoint=endpoint, health=healthy, error="" if healthy else match["rest"])
