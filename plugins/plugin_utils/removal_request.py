# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which hosts leave the overlay, why they may not, and what is printed before. No I/O."""

from __future__ import annotations

import dataclasses
import ipaddress
import typing as t

from ansible_collections.overlay.flannel.plugins.plugin_utils.plan_model import Refusal
from ansible_collections.overlay.flannel.plugins.plugin_utils.removal_etcd import (
    in_order,
    leaving,
    refuse_last,
    refuse_leaving,
)

Variables = t.Mapping[str, t.Any]
HostVars = t.Mapping[str, Variables]
FACTS, PLAN, CONTAINERS = "overlay_host_info", "overlay_removal", "overlay_removal_containers"
SNAPSHOTS, BACKUPS = "overlay_snapshots", "/var/backups/overlay-etcd"
ETCD = "etcd.service"
GROUPS = ("etcd", "flannel", "docker")
ADDRESSES = ("overlay_remove_address", "flannel_public_ip", "flannel_interface", "overlay_interface", "ansible_host")


@dataclasses.dataclass(frozen=True)
class Request:
    """`hosts` are those of the groups, `force` lets containers stop, `dead` removes hosts that do not answer by their names alone.

    `cluster` is the result of etcd_info on a host that stays (None: not asked), `members` are the hosts of the group etcd.
    `all` is for a whole fleet, `deletes_data` and `without_snapshot` are about etcd's data then.
    """

    names: t.Sequence[str]
    hosts: t.Sequence[str]
    force: bool = False
    dead: bool = False
    cluster: t.Optional[t.Mapping[str, t.Any]] = None
    members: t.Sequence[str] = ()
    deletes_data: bool = False
    without_snapshot: bool = False
    all: bool = False

    @property
    def stays(self) -> list[str]:
        return [name for name in self.hosts if name not in self.names]


def removal_names(value: t.Any) -> list[str]:
    """Of a list, or of names with commas between them."""
    words = value if isinstance(value, (list, tuple)) else str(value or "").split(",")
    return list(dict.fromkeys(str(word).strip() for word in words if str(word).strip()))


def refuse_names(request: Request) -> t.Iterator[Refusal]:
    unknown = [name for name in request.names if name not in request.hosts]
    allowed = f"hosts of the groups {', '.join(GROUPS)}: {', '.join(request.hosts)}"
    if unknown or not request.names:
        fix = "correct the name; a host that is no longer in the inventory has to be put back into it for this run"
        yield Refusal("overlay_remove", ", ".join(unknown) or "(nothing)", allowed, fix)
    elif not request.stays:
        yield Refusal(
            "overlay_remove",
            ", ".join(request.names),
            "some of the hosts",
            "remove the whole overlay with uninstall.yml",
        )


def is_unreachable(variables: Variables) -> bool:
    return bool((variables.get(PLAN) or {}).get("unreachable"))


def silent(names: t.Iterable[str], hostvars: HostVars) -> list[str]:
    """Those of which neither plan nor facts could be read."""
    return [name for name in names if any((hostvars[name].get(key) or {}).get("unreachable") for key in (PLAN, FACTS))]


def living(names: t.Iterable[str], hostvars: HostVars) -> list[str]:
    return [name for name in names if not is_unreachable(hostvars[name])]


def addresses_of(name: str, variables: Variables) -> list[str]:
    """By which the host may be known to flannel and etcd, the most certain first: what it reports, else what the inventory says."""
    found = [(variables.get(PLAN) or {}).get("address"), *(variables.get(key) for key in ADDRESSES), name]
    return list(dict.fromkeys(str(text) for text in found if is_address(str(text or ""))))


def is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def public_address(name: str, variables: Variables) -> str:
    return next(iter(addresses_of(name, variables)), "")


def refuse_host(name: str, variables: Variables, request: Request) -> t.Iterator[Refusal]:
    found = variables.get(PLAN) or {}
    if is_unreachable(variables):
        if request.all:
            fix = (
                f"repair it; or remove it alone first: remove.yml -e overlay_remove={name} -e overlay_remove_dead=true"
            )
            yield Refusal("inventory", f"{name}, which does not answer", "hosts that answer", fix)
        elif not request.dead:
            yield Refusal(
                "overlay_remove",
                f"{name}, which does not answer: {' '.join(str(found.get('msg', '')).split())}",
                "a host that answers, or one that is gone for good",
                "repair it; or set overlay_remove_dead=true if it is off and stays off: its subnet is given to the next host that asks",
            )
        elif not public_address(name, variables):
            fix = "set overlay_remove_address to the address of its lease (lease_info shows it), or ansible_host to an address"
            yield Refusal("overlay_remove_address", "", f"the address of {name} in the overlay", fix)
        return
    if found.get("failed") or "remaining" not in found:
        yield refuse_unread(found)
        return
    yield from refuse_containers(variables.get(CONTAINERS) or {}, found, request)


def refuse_unread(found: Variables) -> Refusal:
    said = " ".join(str(found.get("msg") or "nothing was read").split())
    return Refusal("facts", said, "a host whose facts can be read", "repair what is named here, then run again")


def refuse_containers(answer: Variables, plan: Variables, request: Request) -> t.Iterator[Refusal]:
    """Only while docker's bridge is the overlay's. A docker that does not answer may have any."""
    if not (plan.get("bridge") or plan.get("docker")) or answer.get("skipped") or request.force:
        return
    force = "overlay_uninstall_force" if request.all else "overlay_remove_force"
    running = containers(answer)
    if answer.get("rc") != 0:
        said = " ".join(str(answer.get("stderr") or answer.get("msg") or "").split())
        fix = f"start docker (systemctl start docker); or set {force}=true"
        yield Refusal("docker", f"docker ps fails: {said}", "a docker that lists its containers", fix)
    elif running:
        fix = f"stop them (docker stop {' '.join(running)}); or set {force}=true, which stops them"
        yield Refusal(
            "docker", f"containers run on its overlay bridge: {', '.join(running)}", "no running containers there", fix
        )


def containers(answer: Variables) -> list[str]:
    return [str(line) for line in answer.get("stdout_lines") or []]


def refuse_cluster(request: Request, hostvars: HostVars) -> t.Iterator[Refusal]:
    """What etcd can spare. Without its answer no lease can be released either."""
    if request.cluster is None or request.all:
        return
    if request.members and set(request.members) <= set(request.names):
        yield refuse_last(", ".join(request.members), request.stays)
        return
    if "members" not in request.cluster:
        said = " ".join(str(request.cluster.get("msg") or "it has not been asked").split())
        fix = "repair etcd (journalctl -u etcd on its members), then run again"
        yield Refusal("etcd", said, "an etcd that answers, on a host that stays", fix)
        return
    members = request.cluster["members"]
    yield from refuse_leaving(members, members_of(request, hostvars), request.stays)


def members_of(request: Request, hostvars: HostVars) -> list[t.Mapping[str, t.Any]]:
    """Those that leave, in the order in which they do."""
    known = {name: addresses_of(name, hostvars[name]) for name in request.names}
    return in_order(leaving((request.cluster or {}).get("members") or [], known))


def snapshot_host(request: Request, hostvars: HostVars) -> str:
    """The member that saves the snapshot: the first that runs and has data. Empty where there is none."""
    plans = {name: hostvars[name].get(PLAN) or {} for name in request.names}
    found = [name for name, plan in plans.items() if plan.get("member") and ETCD in (plan.get("units") or [])]
    return found[0] if found and request.all else ""


def refuse_data(request: Request, hostvars: HostVars) -> t.Iterator[tuple[str, Refusal]]:
    """Data that nobody has a copy of. One of an earlier run, which was killed or has left the data, is enough."""
    saved = any((hostvars[name].get(SNAPSHOTS) or {}).get("stdout") for name in request.names)
    if not request.deletes_data or request.without_snapshot or saved or snapshot_host(request, hostvars):
        return
    for name in request.names:
        plan = hostvars[name].get(PLAN) or {}
        if plan.get("member"):
            fix = f"systemctl start {ETCD} there; or set overlay_uninstall_without_snapshot=true"
            seen = f"true, and no member of etcd runs that could save a snapshot of {plan['data_dir']}"
            yield name, Refusal("overlay_uninstall_data", seen, "data of which there is a snapshot", fix)


def removal_refusals(request: Request, hostvars: HostVars) -> list[str]:
    found = [refusal.to_text(name) for name in request.names for refusal in refuse_host(name, hostvars[name], request)]
    unread = [name for name in request.stays if (hostvars[name].get(FACTS) or {}).get("failed")]
    found += [refuse_unread(hostvars[name][FACTS]).to_text(name) for name in unread]
    where = request.stays[0] if request.stays else "etcd"
    found += [refusal.to_text(name) for name, refusal in refuse_data(request, hostvars)]
    return found + [refusal.to_text(where) for refusal in refuse_cluster(request, hostvars)]


def removal_lines(request: Request, hostvars: HostVars) -> list[str]:
    """What the run will do, in its order."""
    lines = [f"{one['name'] or one['id']}: leaves the cluster of etcd" for one in members_of(request, hostvars)]
    saves = snapshot_host(request, hostvars)
    lines += [f"{saves}: a snapshot of etcd is saved in {BACKUPS}"] if saves else []
    for name in request.names:
        variables = hostvars[name]
        if is_unreachable(variables):
            lines.append(f"{name}: does not answer; nothing is changed on it")
            continue
        plan, running = variables.get(PLAN) or {}, containers(variables.get(CONTAINERS) or {})
        stopped = running if plan.get("bridge") or plan.get("docker") else []
        lines += [f"{name}: the container {one} is stopped" for one in stopped]
        lines += [f"{name}: {text}" for text in [*(plan.get("remaining") or []), *(plan.get("left") or [])]]
    if not request.all:
        lines += [
            f"{name}: the lease of {public_address(name, hostvars[name]) or 'its address'} is released, and the other hosts forget it"
            for name in request.names
        ]
    return lines
