# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""How a member starts for the first time, from what the members that have data answer. No I/O.

A member with data lists the cluster at its peer URL (`/members`), even while it has no quorum; `etcdctl member list` has the same fields.
"""

from __future__ import annotations

import typing as t

Mapping = t.Mapping[str, t.Any]
Listed = t.Sequence[Mapping]


class FirstStart(t.TypedDict):
    """ETCD_INITIAL_CLUSTER_STATE and ETCD_INITIAL_CLUSTER; `joins` is whether the member is still to be added, as a learner."""

    state: str
    joins: bool
    cluster: str


class Decision(t.TypedDict):
    """`refusal` is a complete sentence where the member must not start."""

    start: FirstStart
    refusal: str


def decide(plan: Mapping, answers: t.Sequence[Mapping] = (), members: Listed = ()) -> Decision:
    """`plan` is the plan of etcd for this host, `answers` are the results of the requests to the members with data.

    `members` is the list of etcdctl after this member was added.
    """
    if members:
        return Decision(start=joined(plan, members), refusal="")
    if plan["member"]["data"]:  # it was added, but the run that did it has not come to its end
        return Decision(start=_joining(), refusal=_no_learners(plan))
    if not plan["ask_members"]:
        return Decision(start=FirstStart(state="new", joins=False, cluster=founders(plan["members"])), refusal="")
    return _take_place(plan, next(filter(None, map(listed_in, answers)), []), answers)


def _joining() -> FirstStart:
    return FirstStart(state="existing", joins=True, cluster="")


def founders(members: Listed) -> str:
    return ",".join(f"{member['name']}={member['peer_url']}" for member in members)


def joined(plan: Mapping, listed: Listed) -> FirstStart:
    """Its first start needs the members as they are after it was added."""
    return FirstStart(state="existing", joins=True, cluster=initial_cluster(listed, plan["member"]["name"]))


def initial_cluster(listed: Listed, name: str) -> str:
    """A member that was never started has no name yet: it is this one."""
    return ",".join(f"{member.get('name') or name}={member['peerURLs'][0]}" for member in listed)


def listed_in(answer: Mapping) -> Listed:
    """The members in one answer; none where it is an error."""
    found = answer.get("json")
    whole = isinstance(found, list) and all(isinstance(one, dict) and one.get("peerURLs") for one in found)
    return t.cast(Listed, found) if whole else []


def place_of(member: Mapping, listed: Listed) -> Mapping:
    """The entry that the cluster keeps for this member, by its peer URL or else by its name."""
    by_url = [one for one in listed if member["peer_url"] in one["peerURLs"]]
    by_name = [one for one in listed if one.get("name") == member["name"]]
    return next(iter(by_url + by_name), {})


def _take_place(plan: Mapping, listed: Listed, answers: t.Sequence[Mapping]) -> Decision:
    place = place_of(plan["member"], listed)
    if not listed:
        return Decision(start=_joining(), refusal=_no_answer(plan, answers))
    if place.get("clientURLs"):
        return Decision(start=_joining(), refusal=_lost_data(plan, place))
    unnamed = sum(1 for one in listed if not one.get("name"))
    # Without learners a person has added it: it only has to start, as long as it is the only one without a name.
    if not place.get("name") and (plan["learners"] or not place or unnamed > 1):
        return Decision(start=_joining(), refusal=_no_learners(plan))
    state = "new" if place.get("name") else "existing"
    cluster = initial_cluster(listed, plan["member"]["name"])
    return Decision(start=FirstStart(state=state, joins=False, cluster=cluster), refusal="")


def _no_answer(plan: Mapping, answers: t.Sequence[Mapping]) -> str:
    names = ", ".join(member["name"] for member in plan["ask_members"])
    urls = ", ".join(member["peer_url"] for member in plan["ask_members"])
    errors = "; ".join(dict.fromkeys(str(answer.get("msg") or "") for answer in answers))
    return (
        f"{plan['member']['name']}: etcd_members = {names} have data, but none of them answers at {urls}: {errors}."
        " Fix: start etcd there (systemctl start etcd; journalctl -u etcd), or fix what the error names"
        " (Python 3.13 requires a key usage in the certificates of authorities), then run again."
    )


def _lost_data(plan: Mapping, place: Mapping) -> str:
    after = "the role adds the member as a new one" if plan["learners"] else "the role reports how to add the member"
    return (
        f"{plan['member']['name']}: etcd_data_dir = {plan['data_dir']} is empty, but the cluster has this member with data:"
        " a member that lost its votes must not return with its old identity."
        " Fix: restore the data, or on another member run"
        f" {plan['operator']}ETCDCTL_ENDPOINTS={plan['ask_members'][0]['client_url']} etcdctl member remove {_hexadecimal(place.get('id'))}, then run again:"
        f" {after}. (Without a majority of members: restore a snapshot on all of them.)"
    )


def _hexadecimal(number: t.Any) -> str:
    """As etcdctl takes it."""
    return f"{number:x}" if isinstance(number, int) else str(number)


def _no_learners(plan: Mapping) -> str:
    if plan["learners"]:
        return ""
    name = plan["member"]["name"]
    return (
        f"{name}: etcd_members = {', '.join(plan['names'])}: allowed: the members that have founded the cluster,"
        f" because etcd {plan['version']} has no learners, and a new member that does not start can cost the quorum."
        f" Fix: remove {name} from etcd_members; or, for one host at a time, run"
        f" etcdctl member add {name} {plan['member']['peer_url']} on a member, and immediately afterwards this play, which starts the new one."
    )
