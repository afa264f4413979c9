# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a member of etcd can be replaced by a new one of the same name, and what has to be done for it. No I/O.

A member that has lost its data, or that is to lose it, must not come back under its old identity, since raft has counted its votes: it is removed
from the cluster and added anew (etcd's runtime reconfiguration guide). That needs a majority without it.
"""

from __future__ import annotations

import typing as t

Mapping = t.Mapping[str, t.Any]

VARIABLE = "overlay_replace_member"
LOST = "with lost quorum playbooks/restore.yml makes the cluster anew from a snapshot"


class Replacement(t.TypedDict):
    """`asker` is the host that speaks to etcd, `remove` the member's ID there (empty: the cluster does not have it).

    `heir` is the ID of the member that leads from now on, at `leader`, the endpoint of the member that goes (empty: it does not lead).
    Where the leader goes without that, writes wait for an election and for the answers of a member that is gone: four seconds were seen.
    `retire` says that the host has data of a member, which are put aside.
    """

    asker: str
    remove: str
    heir: str
    leader: str
    retire: bool
    text: str
    refusals: t.List[str]


def replacement_of(
    names: t.Sequence[str], hostvars: t.Mapping[str, Mapping], answering: t.Sequence[str], member: str
) -> Replacement:
    """`names` are all members, `answering` the hosts that do; each has its `__etcd_plan` and `overlay_etcd_state`, a result of etcd_info."""
    states = {
        name: {"plan": hostvars[name]["__etcd_plan"], "info": hostvars[name]["overlay_etcd_state"]}
        for name in answering
    }
    others = [name for name in names if name != member]
    asker = next((name for name in others if _sees_a_leader(states.get(name))), "")
    refused = _refusal(states, member, names, asker)
    if refused:
        return Replacement(asker="", remove="", heir="", leader="", retire=False, text="", refusals=[refused])
    own = states[member]["plan"]["member"]
    entry = _entry(states[asker]["info"], own)
    leads = bool(entry and entry["leader"])
    heir = _entry(states[asker]["info"], states[asker]["plan"]["member"]).get("id", "") if leads else ""
    retire = bool(own["data"])
    steps = [
        *([f"{asker} becomes the leader"] if heir else []),
        *([f"{asker} removes the member {entry['id']} from the cluster"] if entry else []),
        *([f"{member} stops etcd and keeps its data beside {states[member]['plan']['data_dir']}"] if retire else []),
        "site.yml adds it as a learner, and promotes it when it has caught up",
    ]
    text = f"{member}: {'; '.join(steps)}"
    return Replacement(
        asker=asker,
        remove=entry.get("id", ""),
        heir=heir,
        leader=own["endpoint"] if heir else "",
        retire=retire,
        text=text,
        refusals=[],
    )


def _refusal(states: t.Mapping[str, Mapping], member: str, names: t.Sequence[str], asker: str) -> str:
    if member not in names:
        allowed = f"one of {', '.join(names)}" if names else "a host of group etcd"
        return f"{VARIABLE} = {member or '(empty)'}: allowed: {allowed}. Fix: -e {VARIABLE}=NAME"
    if len(names) == 1:
        return _text(
            member,
            "a member of a cluster that has others",
            "it is the only one: playbooks/restore.yml brings its data back from a snapshot",
        )
    if member not in states:
        return _text(
            member,
            "a host that answers, because the new member starts there",
            "repair the host, or install it anew under this name; playbooks/remove.yml removes a host that does not come back",
        )
    if not states[member]["plan"]["learners"]:
        return _text(
            member, "etcd 3.4 or newer, which has learners", "etcdctl member remove and etcdctl member add by hand"
        )
    if not asker:
        reasons = {name: _reason(states.get(name)) for name in names if name != member}
        seen = "; ".join(f"{name}: {reason}" for name, reason in reasons.items())
        return _text(member, "while the others have a leader", f"start etcd on them ({seen}); {LOST}")
    return _not_without_it(states[asker]["info"], states[member]["plan"]["member"], member)


def _not_without_it(info: Mapping, own: Mapping, member: str) -> str:
    """All others have to be healthy: the new member is one more that the majority counts, and has no data yet."""
    entry = _entry(info, own)
    others = [one for one in info["members"] if one["id"] != entry.get("id")]
    unhealthy = [_name(one) for one in others if not one["learner"] and not one["healthy"]]
    learners = [_name(one) for one in others if one["learner"]]
    if unhealthy:
        fix = f"repair {', '.join(unhealthy)} first ({LOST})"
        return _text(
            member, "while all other members are healthy, because each of them counts as long as one is new", fix
        )
    if learners:
        return _text(member, "while no other member is a learner", f"finish with {', '.join(learners)} first: site.yml")
    voters = len(others) + (1 if entry and not entry["learner"] else 0)
    if entry and not entry["healthy"] and len(others) < voters // 2 + 1:
        return _text(
            member, "where the others are a majority without it", f"start etcd on {member}, and run again; {LOST}"
        )
    return ""


def _text(member: str, allowed: str, fix: str) -> str:
    return f"{member}: {VARIABLE} = {member}: allowed: {allowed}. Fix: {fix}"


def _sees_a_leader(state: Mapping | None) -> bool:
    return bool(state and state["info"].get("members") and state["info"].get("leader"))


def _reason(state: Mapping | None) -> str:
    if state is None:
        return "the host does not answer"
    info = state["info"]
    return str(info.get("msg") or "no leader") if not info.get("members") or not info.get("leader") else ""


def _entry(info: Mapping, own: Mapping) -> Mapping:
    """What the cluster has for this host, by its peer URL or else by its name."""
    by_url = [one for one in info["members"] if own["peer_url"] in one["peer_urls"]]
    return next(iter(by_url + [one for one in info["members"] if one["name"] == own["name"]]), {})


def _name(member: Mapping) -> str:
    return str(member["name"] or ", ".join(member["peer_urls"]))
