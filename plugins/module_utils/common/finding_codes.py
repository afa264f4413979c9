# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every code that a finding can have: its severity and what it means.

`*` stands for a part that the case gives. A code is in the group of what reports it: one module, or the roles and filters.
"""

from __future__ import annotations

import fnmatch
import typing as t

ERROR = "error"
WARNING = "warning"


class Code(t.NamedTuple):
    """`otherwise` says when a finding with this code has the other severity; empty: never."""

    severity: str
    text: str
    otherwise: str = ""


# etcd_info
ETCD: t.Mapping[str, Code] = {
    "alarm_corrupt": Code(ERROR, "A member's data differs from that of the others; the cluster takes no writes."),
    "alarm_nospace": Code(ERROR, "The database of a member is full; the cluster takes no writes."),
    "alarm_*": Code(ERROR, "etcd raised an alarm that this collection does not know."),
    "auth_off": Code(
        WARNING, "etcd has TLS, but authentication is off, so every client certificate may do everything."
    ),
    "certificate_ends": Code(WARNING, "A certificate ends soon.", "an error when it has ended"),
    "client_http": Code(WARNING, "Clients use etcd by http, where anybody on the network can read and write."),
    "db_fragmented": Code(WARNING, "Half of a member's database file or more is free."),
    "db_near_quota": Code(WARNING, "A member's database has nearly reached its quota."),
    "endpoint_down": Code(ERROR, "An endpoint does not answer."),
    "endpoint_unhealthy": Code(ERROR, "A member answers, but cannot read in time."),
    "health_unknown": Code(ERROR, "etcd reports its health to users only."),
    "learner": Code(WARNING, "A member is a learner, which neither votes nor serves clients."),
    "member_elsewhere": Code(ERROR, "Another member answers at the client URL that a member advertises."),
    "member_foreign": Code(ERROR, "The cluster has a member that is not expected."),
    "member_missing": Code(ERROR, "An expected member is not in the cluster."),
    "member_unstarted": Code(ERROR, "A member was added, but its etcd has never been started."),
    "members_even": Code(WARNING, "The number of voting members is even."),
    "members_unknown": Code(ERROR, "No endpoint reports the members of the cluster."),
    "no_fault_tolerance": Code(WARNING, "When one more member fails, nothing can be written."),
    "no_leader": Code(ERROR, "An endpoint knows no leader."),
    "quorum_lost": Code(ERROR, "Fewer members than a majority take part."),
    "raft_lag": Code(WARNING, "A member has not applied many entries that the cluster has committed."),
    "two_clusters": Code(ERROR, "The endpoints belong to several clusters."),
    "versions_mixed": Code(WARNING, "The members run several versions of etcd."),
}

# network, and lease_info about the stored configuration
CONFIG: t.Mapping[str, Code] = {
    "*_out_of_range": Code(ERROR, "A number of the backend is one with which it cannot work."),
    "backend_absent": Code(WARNING, "The configuration has no Backend, so flannel uses udp."),
    "backend_runs_commands": Code(WARNING, "The backend has flanneld run commands from etcd as root on every host."),
    "duplicate_key": Code(WARNING, "A key is there twice; flannel reads the last one."),
    "ipv4_disabled": Code(ERROR, "EnableIPv4 is false, but leases in etcd need IPv4."),
    "key_of_newer_flannel": Code(WARNING, "This flannel ignores a key that newer releases read."),
    "min_above_max": Code(ERROR, "SubnetMin is above SubnetMax."),
    "network_unusable": Code(ERROR, "The network overlaps addresses that no host can route."),
    "subnet_len_too_long": Code(ERROR, "A subnet has no room for docker0 and a container."),
    "subnet_outside": Code(ERROR, "The last subnet reaches beyond the network."),
    "subnet_unaligned": Code(ERROR, "SubnetMin or SubnetMax is not the first address of a subnet."),
    "unknown_backend_key": Code(WARNING, "flannel ignores a key of the Backend."),
    "unknown_key": Code(WARNING, "flannel ignores a key of the configuration."),
}

# lease_info
LEASES: t.Mapping[str, Code] = {
    "config_differs": Code(ERROR, "etcd holds another configuration than the one that was given."),
    "config_invalid": Code(ERROR, "flannel cannot read the configuration in etcd."),
    "config_missing": Code(ERROR, "etcd holds no configuration."),
    "duplicate_address": Code(ERROR, "A public address has several leases."),
    "duplicate_expected": Code(ERROR, "Several expected hosts have the same public address."),
    "etcd_alarm": Code(ERROR, "etcd has raised an alarm and takes no writes; no lease is renewed."),
    "lease_expiring": Code(ERROR, "A lease was not renewed when it was due."),
    "lease_foreign": Code(WARNING, "A lease belongs to none of the expected hosts."),
    "lease_missing": Code(ERROR, "An expected host has no lease."),
    "lease_not_taken": Code(
        ERROR, "A host has not taken the subnet reserved for it.", "a warning if the host is not expected"
    ),
    "lease_outside_network": Code(ERROR, "A lease does not fit the configuration."),
    "lease_overlap": Code(ERROR, "Two leases overlap."),
    "lease_without_ttl": Code(WARNING, "A lease in etcd v3 has no time to live."),
    "malformed_key": Code(
        WARNING,
        "A key below the leases does not name a subnet.",
        "an error with flannel 0.21.0 to 0.28.9, which loses its routes",
    ),
    "malformed_value": Code(
        WARNING,
        "flannel cannot read the text of a lease.",
        "an error with flannel 0.21.0 to 0.28.9, which loses its routes",
    ),
    "network_full": Code(WARNING, "No subnet is free.", "an error if an expected host has none"),
    "network_nearly_full": Code(
        WARNING, "Less than a tenth of the subnets is free.", "an error if they are too few for the expected hosts"
    ),
    "wrong_backend": Code(ERROR, "A lease was written for another backend than the configured one."),
}

# migrate; what lease_info reports about v2 is an error where a migration would lose a host's subnet, else a warning
MIGRATION: t.Mapping[str, Code] = {
    "mixed_fleet": Code(ERROR, "Some hosts run flannel on v2 and others on v3."),
    "target_config_differs": Code(ERROR, "v3 holds another configuration than v2."),
    "target_lease_differs": Code(ERROR, "v3 gives a subnet of v2 to another host."),
    "target_lease_foreign": Code(ERROR, "v3 holds a lease that v2 does not have."),
    "target_lease_in_the_way": Code(ERROR, "A lease of v3 conflicts with a lease of v2."),
}

# host_info
HOST: t.Mapping[str, Code] = {
    "bridge_netfilter_missing": Code(
        ERROR, "The kernel module br_netfilter is missing; flanneld will not start again."
    ),
    "certificate_file_ends": Code(WARNING, "A certificate on the host ends soon.", "an error if it has ended"),
    "certificate_file_unreadable": Code(ERROR, "A file that should hold a certificate holds none."),
    "checksum_offload": Code(ERROR, "TCP segments are lost because the network card does not fill in their checksums."),
    "container_mtu": Code(WARNING, "Containers have another MTU than the overlay."),
    "daemon_json_invalid": Code(ERROR, "/etc/docker/daemon.json is not valid; docker will not start again."),
    "device_address": Code(ERROR, "flannel's device lacks its address."),
    "device_down": Code(ERROR, "flannel's device is down."),
    "device_kind": Code(ERROR, "flannel's device is of another kind than the backend's."),
    "device_mac": Code(ERROR, "flannel's device has another MAC than the lease."),
    "device_missing": Code(ERROR, "flannel's device is missing."),
    "device_mtu": Code(
        ERROR, "The MTU of flannel's device does not fit.", "a warning for the device that carries IPv6"
    ),
    "device_vni": Code(ERROR, "flannel's device has another VNI than the lease."),
    "docker_backend_pending": Code(
        WARNING, "docker runs with another firewall backend than /etc/docker/daemon.json gives."
    ),
    "docker_bridge_mismatch": Code(ERROR, "docker0 has another address than /run/flannel/docker gives."),
    "docker_chains_missing": Code(ERROR, "The iptables chains of docker are missing."),
    "docker_env_mismatch": Code(ERROR, "/run/flannel/docker does not match /run/flannel/subnet.env."),
    "docker_env_missing": Code(ERROR, "/run/flannel/docker is missing."),
    "docker_mtu": Code(ERROR, "docker or /run/flannel/docker has another MTU than /run/flannel/subnet.env."),
    "docker_nft_direct_drop": Code(ERROR, "docker's nftables rules drop what other hosts send to containers here."),
    "docker_nft_guard_missing": Code(
        ERROR, "With docker's nftables backend nothing keeps neighbours out of containers."
    ),
    "docker_nft_hooks_missing": Code(ERROR, "docker's nftables chains have lost their hooks, or docker0."),
    "docker_nft_mark_missing": Code(
        ERROR, "docker's nftables backend does not accept packets of the overlay, or nothing marks them."
    ),
    "docker_nftables": Code(WARNING, "docker uses nftables, and its rules could not be read."),
    "firewalld_blocks": Code(ERROR, "firewalld drops packets of the overlay."),
    "firewalld_forgets": Code(WARNING, "firewalld lets the overlay pass only until its next reload."),
    "firewalld_unread": Code(WARNING, "firewalld runs and does not answer."),
    "firewall_unread": Code(WARNING, "Rules of iptables could not be read."),
    "docker_no_answer": Code(WARNING, "docker does not answer on its socket."),
    "docker_not_running": Code(ERROR, "docker does not run."),
    "docker_old_bridge": Code(ERROR, "live-restore kept containers on a docker0 with the former address."),
    "docker_options_mismatch": Code(ERROR, "dockerd runs with other options than /run/flannel/docker gives."),
    "docker_rules_leftover": Code(WARNING, "Rules of the docker role for docker's other firewall backend are left."),
    "docker_rules_missing": Code(
        ERROR, "docker or the guard of the docker role drops packets of peers because accept rules are missing."
    ),
    "environment_file_missing": Code(
        ERROR, "A unit needs an environment file that is missing; it will not start again."
    ),
    "etcd_backup_failed": Code(
        ERROR, "The last backup of etcd that the timer started has failed, or the timer does not run."
    ),
    "etcd_backup_late": Code(WARNING, "The newest backup of etcd is older than two times of its schedule."),
    "etcd_open_to_containers": Code(WARNING, "Containers of this host reach the port of its etcd."),
    "etcd_not_active": Code(ERROR, "The member of etcd that this host has does not run."),
    "flanneld_not_active": Code(ERROR, "flanneld does not run."),
    "flanneld_twice": Code(ERROR, "Several flanneld run on the host's network."),
    "forward_blocked": Code(ERROR, "An iptables rule drops packets of the overlay."),
    "forward_drop": Code(ERROR, "The policy of an iptables chain drops packets of the overlay."),
    "forward_nft_drop": Code(
        WARNING, "The policy of an nftables chain drops forwarded packets; its rules are not evaluated."
    ),
    "forward_unknown": Code(WARNING, "A rule that is not understood decides about packets of the overlay."),
    "ip_forward_off": Code(
        ERROR, "net.ipv4.ip_forward is 0, or net.ipv6.conf.all.forwarding where the overlay has IPv6."
    ),
    "iptables_mixture": Code(WARNING, "docker and flannel have rules in both variants of iptables."),
    "lease_not_found": Code(ERROR, "This host has no lease in etcd."),
    "lease_subnet_mismatch": Code(ERROR, "/run/flannel/subnet.env has another subnet than the lease."),
    "masquerade_docker": Code(WARNING, "docker, not flannel, masquerades; it also does so inside the overlay."),
    "masquerade_missing": Code(
        ERROR,
        "No rule masquerades packets from containers to the outside.",
        "a warning if neither flannel nor docker should",
    ),
    "masquerade_overlay": Code(ERROR, "A rule masquerades packets inside the overlay."),
    "masquerade_twice": Code(ERROR, "Both docker and flannel masquerade."),
    "metrics_failed": Code(WARNING, "The exporter of metrics fails, or its timer does not run."),
    "not_root": Code(ERROR, "The module did not run as root, so that parts of the host were not visible."),
    "peer_fdb_missing": Code(ERROR, "Forwarding entries of peers are missing on flannel's device."),
    "peer_ipv6": Code(ERROR, "flanneld runs without IPv6, met leases with IPv6, and takes no more changes."),
    "peer_neighbour_missing": Code(ERROR, "Neighbour entries of peers are missing on flannel's device."),
    "peer_not_adjacent": Code(ERROR, "The backend needs all hosts in one network, and peers are behind a router."),
    "peer_route_missing": Code(
        ERROR, "Routes to peers are missing.", "a warning if commands of the user set the routes"
    ),
    "peer_route_wrong": Code(
        ERROR, "Routes to peers differ from those of the configuration.", "a warning if packets still arrive"
    ),
    "ping_impossible": Code(WARNING, "This host cannot send pings."),
    "ping_lost": Code(ERROR, "Peers do not answer pings of full size."),
    "private_key": Code(ERROR, "A private key is missing, does not fit its certificate, or can be read by every user."),
    "reverse_path_filter": Code(WARNING, "Strict reverse path filtering may drop packets of peers."),
    "stale_device": Code(WARNING, "A device of a former configuration is left.", "an error if routes lead to it"),
    "stale_fdb": Code(WARNING, "Forwarding entries of hosts without a lease are left."),
    "stale_neighbour": Code(WARNING, "Neighbour entries of subnets without a lease are left."),
    "stale_route": Code(ERROR, "Routes to subnets without a lease are left."),
    "subnet_env_missing": Code(ERROR, "/run/flannel/subnet.env is missing or has no subnet."),
    "unit_stale": Code(WARNING, "flanneld or docker does not run what its unit files say."),
}

# roles, playbooks and filters
CONTROLLER: t.Mapping[str, Code] = {
    "bad_*": Code(ERROR, "flannel does not accept the value of a key, or an option has a value that cannot be used."),
    "bad_flannel_option": Code(ERROR, "flanneld does not have an option, or it is not to be set here."),
    "container_cannot_ping": Code(ERROR, "A container could not be started to ping the others."),
    "container_unreachable": Code(ERROR, "Containers of other hosts do not answer a container of this host."),
    "container_unreachable_from_host": Code(ERROR, "Containers of other hosts do not answer this host itself."),
    "impossible_pair": Code(ERROR, "This flannel cannot work with this etcd."),
    "network_overlaps_docker": Code(ERROR, "The overlay overlaps another network of docker."),
    "network_overlaps_docker_pools": Code(
        WARNING, "The overlay overlaps the pools of docker's networks.", "an error if daemon.json sets the pools"
    ),
    "network_overlaps_gateway": Code(ERROR, "The gateway of a route is inside the overlay."),
    "network_overlaps_host": Code(ERROR, "The overlay overlaps the network of an interface."),
    "network_overlaps_route": Code(
        ERROR, "The overlay overlaps a route of the host.", "a warning if the route is wider"
    ),
    "network_too_small": Code(ERROR, "The network has fewer subnets than there are hosts."),
}

CODES: t.Mapping[str, Code] = {**ETCD, **CONFIG, **LEASES, **MIGRATION, **HOST, **CONTROLLER}
_PATTERNS = [name for name in CODES if "*" in name]


def find(code: str) -> Code | None:
    """The entry of a code; None where there is none."""
    exact = CODES.get(code)
    return exact or next((CODES[pattern] for pattern in _PATTERNS if fnmatch.fnmatchcase(code, pattern)), None)


def severity_of(code: str) -> str:
    found = find(code)
    return found.severity if found else ERROR
