# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a cluster that runs cannot become in one run: another version than the next one, peers with another scheme. No I/O."""

from __future__ import annotations

import typing as t

from ansible_collections.overlay.flannel.plugins.plugin_utils.etcd_context import EtcdContext
from ansible_collections.overlay.flannel.plugins.plugin_utils.etcd_move import can_move, peer_scheme_changes
from ansible_collections.overlay.flannel.plugins.plugin_utils.etcd_pki import as_operator
from ansible_collections.overlay.flannel.plugins.plugin_utils.etcd_release import Minor, minor_of
from ansible_collections.overlay.flannel.plugins.plugin_utils.plan_model import Refusal

FIRST_DOWNGRADE = (3, 5)  # the oldest release to which `etcdctl downgrade` leads


def running_checks(context: EtcdContext) -> t.Iterator[Refusal]:
    yield from version_checks(context)
    yield from scheme_checks(context)


def text_of(minor: Minor) -> str:
    return "{}.{}".format(*minor)


def version_checks(context: EtcdContext) -> t.Iterator[Refusal]:
    """By the version of the cluster: that of its oldest member, or the one to which `etcdctl downgrade` leads. Unknown versions refuse nothing."""
    wanted = context.minor
    cluster = minor_of(context.running.get("cluster_version") or context.member["version"])
    if wanted is None or cluster is None or wanted == cluster:
        return
    settings = context.settings
    variable = "etcd_install_method" if settings.by_package else "etcd_version"
    value = f"package (etcd {context.minor_text})" if settings.by_package else settings.version
    if wanted < cluster:
        allowed = f"{text_of(cluster)} or newer, because the cluster runs {text_of(cluster)} and etcd cannot start with the data of a newer one"
        yield Refusal(variable, value, allowed, _downgrade(wanted, cluster, context))
    elif wanted != following(cluster):
        allowed = f"{text_of(cluster)} or {text_of(following(cluster))}, because the cluster runs {text_of(cluster)}"
        fix = _steps(cluster, wanted) + _on_its_way_down(cluster, context)
        yield Refusal(variable, value, f"{allowed} and etcd skips no minor version", fix)


def following(minor: Minor) -> Minor:
    return (3, 0) if minor[0] == 2 else (minor[0], minor[1] + 1)


def _steps(cluster: Minor, wanted: Minor) -> str:
    if cluster[0] != wanted[0]:  # the role has no release in between
        return f"set the release that runs; or found a new cluster with {text_of(wanted)} on other hosts"
    steps = [(cluster[0], minor) for minor in range(cluster[1], wanted[1] + 1)]
    return f"take one minor version at a time ({' -> '.join(map(text_of, steps))}), with a run for each"


def _on_its_way_down(cluster: Minor, context: EtcdContext) -> str:
    """A member that is newer than its cluster: others are older still, or somebody has said `etcdctl downgrade enable`."""
    own = minor_of(context.member["version"])
    if own is None or own <= cluster:
        return ""
    return f". If all members run {text_of(own)}, the cluster is on its way down: {_etcdctl(context)} downgrade cancel, then run again"


def _etcdctl(context: EtcdContext) -> str:
    return f"{as_operator(context.settings)}ETCDCTL_ENDPOINTS={context.member['endpoint']} etcdctl"


def _downgrade(wanted: Minor, cluster: Minor, context: EtcdContext) -> str:
    if wanted < FIRST_DOWNGRADE:
        return f"set {text_of(cluster)}; or restore a snapshot of {text_of(wanted)} into a new cluster"
    step = (cluster[0], cluster[1] - 1)
    more = f", which is one step of {text_of(cluster)} to {text_of(wanted)}" if step != wanted else ""
    command = f"{_etcdctl(context)} downgrade enable {text_of(step)}"
    return f"{command}, then run again with a release of {text_of(step)}{more}; or set {text_of(cluster)}"


def scheme_checks(context: EtcdContext) -> t.Iterator[Refusal]:
    own, written = context.member, context.written_peer_url
    if peer_scheme_changes(context) and context.others and not can_move(context):
        scheme, port = own["peer_url"].partition(":")[0], context.settings.peer_port
        both = f"{written},{own['peer_url'].rpartition(':')[0]}:{port + 2}"
        yield Refusal(
            "etcd_peer_ca_cert, etcd_peer_cert, etcd_peer_key",
            f"{scheme} between members",
            f"{written}, by which the others reach this member, because they lose it when its scheme changes before the cluster knows",
            f"with etcd_peer_* unset in the inventory, in the etcd of each member, one after the other: give it its ETCD_PEER_* files and"
            f" ETCD_LISTEN_PEER_URLS={both}, restart; on all of them etcdctl member update ID --peer-urls with port {port + 2}; then"
            f" listen on {own['peer_url']} as well, restart, and etcdctl member update ID --peer-urls={own['peer_url']}; then run again",
        )
    if own["endpoint"].startswith("https:") and not context.settings.cert and context.others:
        yield Refusal(
            "etcd_cert, etcd_key",
            "(empty)",
            f"the certificate with which clients reach the members now ({own['endpoint']}), because members that still use https could not be checked",
            "set them; to go back to http: systemctl stop etcd on all members, then run again",
        )
