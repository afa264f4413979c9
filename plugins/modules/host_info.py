#!/usr/bin/python
# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Module host_info: facts of a host, and checks of its part of the overlay."""

from __future__ import annotations

DOCUMENTATION = r"""
module: host_info
author:
  - overlay.flannel contributors (@overlay-flannel)
version_added: 0.1.0
short_description: Collect facts of a host and check its part of the overlay
description:
  - Collects in one module execution what the roles of this collection compare with their variables.
  - Reads what runs, not only what files say. That includes processes with their arguments and environment, interfaces, routes, neighbour
    and forwarding entries, the files of flanneld, the state of dockerd, and firewall rules.
  - Checks the host if O(leases) is given. Each finding has what was seen, what was expected and a fix.
  - The checks of routes to peers depend on the backend. They cover IPv4, and IPv6 if this host's lease has an IPv6 subnet.
  - V(vxlan) uses the devices C(flannel.VNI) and C(flannel-v6.VNI). Each peer needs a route, a permanent neighbour entry, and a forwarding
    entry to its public address. flannel 0.8 and older has a single route to all peers, and only that route is checked.
  - V(host-gw) uses no device. Each peer needs a route via its public address and must be in the same network as this host.
  - V(ipip) uses C(flannel.ipip). Each peer needs a route via its public address by this device.
  - With C(DirectRouting), V(vxlan) and V(ipip) route to hosts in the same network as V(host-gw) does. Without O(network) both kinds of
    routes are accepted.
  - V(udp) uses C(flannel0), and V(wireguard) uses C(flannel-wg) and, in mode V(separate), C(flannel-wg-v6). Each device has one route to all
    peers. The peers inside WireGuard are not checked.
  - V(extension) runs commands of the user. The only check is a warning if no route leads to a peer.
  - V(alloc), V(ipsec) and the backends of clouds set no routes on the host, so no routes are checked.
  - Reports leftovers, which flanneld never removes. These are devices with names of flannel that the backend does not use, and routes,
    neighbour and forwarding entries that belong to no lease. The fix has the commands that remove them.
  - Evaluates the iptables rules (nft and legacy variants) for a new TCP connection between a local container and a container of a peer, from
    raw PREROUTING to FORWARD and nat POSTROUTING. If the verdict depends on a match that the module does not support, such as ipset,
    it reports V(forward_unknown). Of nftables itself the chains of docker and of the docker role are checked; others are reported only with
    the policy V(drop).
  - Checks MTUs as a chain, in the order uplink (less the overhead of the backend), device of flannel, C(/run/flannel/subnet.env),
    C(/run/flannel/docker), dockerd, containers on docker0. One finding names the first link that does not fit. An MTU below the maximum is
    accepted, because C(MTU) in the C(Backend) of the network sets one. Containers on other networks of docker are not checked.
  - Detects broken TX checksum offload by probing. If a peer answers pings but not a TCP connection to port 9, the module sends one SYN with
    a checksum computed in software. Only if that SYN is answered does it report V(checksum_offload). A firewall that drops both is not
    reported.
  - Never starts docker. The socket of docker is used only if dockerd runs.
  - Needs C(ip) and C(bridge) of iproute2. iproute2 older than 4.17 (CentOS 7) has no JSON output, and its text output is parsed instead. If
    C(ip) fails, the module fails rather than reporting a host without interfaces.
  - Needs root to see all processes, the firewall rules and the socket of docker.
extends_documentation_fragment:
  - overlay.flannel.attributes.info
options:
  components:
    description:
      - Roles of this collection. The files, units, packages, sysctls and ports that their plans need are added to the query.
      - The variables of these roles are read on the controller, as they are set for the host.
    type: list
    elements: str
    choices: [etcd, flannel, docker, metrics]
    default: []
  reuse:
    description:
      - An earlier result of this module. If it answers the whole query, it is returned, and the module does not run on the host.
    type: dict
    default: {}
  files:
    description: Paths of files and directories to describe.
    type: list
    elements: str
    default: []
  contents:
    description:
      - Paths of files whose text is returned as well, up to 256 KiB each.
      - What looks like a secret in a text is masked. Such a file is described as those in O(secrets) are.
    type: list
    elements: str
    default: []
  secrets:
    description:
      - Paths of files with secrets. They are described as those in O(files) are, but with neither checksum nor size, and their text is never returned.
      - A path that is also in O(files) or O(contents) is treated as a secret.
    type: list
    elements: str
    default: []
  digest_key:
    description:
      - The key of the digests of the files in O(secrets). Who knows it and a content can tell whether a file has this content.
      - The controller sets it to a new random value in each run.
    type: str
  certificates:
    description: Paths of PEM files whose certificates are returned and checked.
    type: list
    elements: str
    default: []
  key_pairs:
    description: Certificates with their private keys, of which is returned whether they fit.
    type: list
    elements: dict
    default: []
    suboptions:
      cert:
        description: File with the certificate, in PEM.
        type: path
        required: true
      key:
        description: File with the private key, in PEM.
        type: path
        required: true
  units:
    description: Names of systemd units with their suffix, such as V(docker.service).
    type: list
    elements: str
    default: []
  packages:
    description: Names of packages whose installed version is returned. Names that the distribution does not have are allowed.
    type: list
    elements: str
    default: []
  sysctls:
    description: Names of kernel settings, such as V(net.ipv4.ip_forward).
    type: list
    elements: str
    default: []
  ports:
    description: TCP ports whose listeners are returned, with their processes.
    type: list
    elements: int
    default: []
  calendars:
    description: Times as C(OnCalendar=) of a timer takes them, of which is returned whether systemd understands them.
    type: list
    elements: str
    default: []
  network:
    description:
      - The configuration of flannel, in flannel's spelling.
      - Decides which backend and device are expected if this host has no lease, or a lease that names no backend (V(udp), V(alloc)).
      - Decides what no lease contains, namely C(DirectRouting) and the mode of V(wireguard).
      - C(PSK) is not needed. If it is given, only this module keeps it out of the log of the host, not Ansible itself.
    type: dict
  registry:
    description:
      - Also read leases and configuration from etcd, as M(overlay.flannel.lease_info) does, and return them as RV(registry).
      - One host of a fleet does that, so that no module of its own is needed for it.
    type: dict
    suboptions:
      endpoints:
        description: Client URLs of etcd. If empty, the etcd that runs on this host is used, by the client URL that it advertises.
        type: list
        elements: str
        default: []
      prefix:
        description: Prefix of flannel's keys in etcd.
        type: str
        default: /flannel/network
      api:
        description: The API of etcd to use. V(auto) uses the one that O(registry.flannel_version) reads.
        type: str
        choices: [auto, v2, v3]
        default: auto
      flannel_version:
        description: The flannel release in use. Selects the API and the rules for configurations and leases.
        type: str
        default: ''
      ca_cert:
        description: File with the certificates of the authorities that verify etcd's certificate.
        type: path
      client_cert:
        description: File with the client certificate. Needs O(registry.client_key).
        type: path
      client_key:
        description: File with the key of O(registry.client_cert).
        type: path
      username:
        description: User of etcd. Needs O(registry.password).
        type: str
      password:
        description: Password of O(registry.username).
        type: str
      timeout:
        description: Maximum number of seconds for one request to etcd.
        type: int
        default: 10
      etcdctl:
        description: The etcdctl for the v3 API, as a name or a path.
        type: path
        default: etcdctl
      users:
        description:
          - Also compare users and authentication with the defaults of M(overlay.flannel.etcd_users), and return the result as C(users_differ).
          - Needs the client certificate of etcd's user V(root).
        type: bool
        default: false
      network:
        description: The configuration that leases and stored configuration are checked against. The default is the stored one.
        type: dict
      psk:
        description: Pre-shared key of the V(wireguard) or V(ipsec) backend. Overrides C(PSK) in O(registry.network).
        type: str
  leases:
    description:
      - All leases as M(overlay.flannel.lease_info) returns them.
      - Without it the host is only checked for differences between its own parts.
    type: list
    elements: dict
  address:
    description:
      - The public address of this host in the overlay.
      - The default is the public address of the lease that matches an address of this host.
    type: str
  pings:
    description:
      - Maximum number of peers to ping through the overlay, from the address of docker0, with full-size packets that must not be fragmented.
      - Without O(leases), the peers are the hosts to whose subnets flannel has set routes.
      - V(0) sends no pings.
    type: int
    default: 0
  ping_timeout:
    description: Seconds to wait for the answers to all pings.
    type: float
    default: 2.0
"""

EXAMPLES = r"""
- name: Collect facts before a change
  overlay.flannel.host_info:
    files: [/etc/docker/daemon.json]
    units: [docker.service]
    packages: [docker.io]
    sysctls: [net.ipv4.ip_forward]
  register: before

- name: Check the host against the leases in etcd
  overlay.flannel.host_info:
    leases: "{{ all_leases.leases }}"
    pings: 3
  register: verdict
"""

RETURN = r"""
query:
  description:
    - The options O(files), O(contents), O(secrets), O(certificates), O(key_pairs), O(units), O(packages), O(sysctls) and O(ports) of this run.
  returned: always
  type: dict
  sample:
    files: []
    contents: []
    secrets: []
    certificates: [/etc/etcd/pki/ca.crt]
    key_pairs: []
    units: [docker.service]
    packages: [docker.io]
    sysctls: []
    ports: [2379]
digest_key:
  description: A name of O(digest_key), which does not tell the key. Empty if there is no key.
  returned: always
  type: str
  sample: ""
certificates:
  description:
    - The certificates in each file of O(certificates), in their order. The list is empty if there is no such file. It is null if there is
      no certificate in the file, or one that cannot be read.
    - C(not_before) and C(not_after) are seconds since 1970. C(names) are the DNS names and addresses of the certificate.
  returned: always
  type: dict
  sample:
    /etc/etcd/pki/server.crt:
      - not_before: 1795475067.0
        not_after: 1827011067.0
        subject: CN=etcd-1
        common_name: etcd-1
        issuer: CN=overlay clients and servers
        names: [etcd-1, 172.72.2.11, 127.0.0.1]
        serial: 4b9e
        is_authority: false
key_pairs:
  description: By the path of the key, whether it exists and fits its certificate C(cert), and who can read it. Nothing of the key itself.
  returned: always
  type: dict
  sample: {/etc/etcd/pki/server.key: {cert: /etc/etcd/pki/server.crt, exists: true, fits: true, mode: "0640", owner: root, group: etcd}}
platform:
  description: The platform. C(architecture) has the spelling of Go. C(init) is V(systemd) or the name of the first process.
  returned: always
  type: dict
  sample:
    id: debian
    version: "13"
    codename: trixie
    family: debian
    architecture: amd64
    kernel: 6.12.48+deb13-amd64
    init: systemd
    systemd_version: 257
    package_manager: apt
    hostname: flannel-2
    python: 3.13.5
    user: 0
files:
  description:
    - Each path of O(files), O(contents) and O(secrets). A symbolic link is described by its target.
    - C(mark) is the role of this collection that has written the file. It is empty for a file of somebody else.
    - C(digest) exists for the paths of O(secrets), instead of C(sha256) and C(size). It is null without O(digest_key).
    - C(content) exists for the paths of O(contents) only. It is null if the file is not UTF-8 text or is too long.
  returned: always
  type: dict
  sample:
    /etc/docker/daemon.json: {exists: false}
    /etc/hostname:
      exists: true
      type: file
      sha256: 427f93cafd9cc19be6eec03e590c9c6cdf9f688a5eaf21fa8d72351e2b15fd05
      size: 3
      mode: "0644"
      owner: root
      group: root
      mtime: 1795475067.17
units:
  description:
    - Each unit of O(units), and always those of etcd, flanneld and docker. Empty if systemd does not run.
    - C(exec_start) is the command line of the unit with its drop-ins, C(fragment_exec_start) that of the unit file alone. Secrets in them are masked.
    - C(drift) lists differences between the running main process and what its files would start now. C(reason) is V(environment),
      V(executable), V(arguments), V(unit_file) or V(daemon_reload). C(name) names the variable, file or option. Values of variables are
      never returned.
  returned: always
  type: dict
  sample:
    docker.service:
      load_state: loaded
      active_state: active
      sub_state: running
      unit_file_state: enabled
      fragment_path: /usr/lib/systemd/system/docker.service
      drop_in_paths: [/etc/systemd/system/docker.service.d/overlay.conf]
      exec_start: /usr/sbin/dockerd -H fd:// --containerd=/run/containerd/containerd.sock $DOCKER_OPTS
      fragment_exec_start: /usr/sbin/dockerd -H fd:// --containerd=/run/containerd/containerd.sock $DOCKER_OPTS
      environment_files: [/etc/default/docker, /run/flannel/docker]
      main_pid: 489
      started: 1795477839.91
      result: success
      restarts: 0
      missing_files: []
      resets: {ExecStart: /etc/systemd/system/docker.service.d/50-overlay-flannel.conf}
      need_daemon_reload: false
      drift:
        - reason: environment
          name: DOCKER_OPTS
          file: /run/flannel/docker
          text: docker.service was started with another DOCKER_OPTS than /run/flannel/docker has now
packages:
  description: The installed version of each of O(packages), or null if it is not installed.
  returned: always
  type: dict
  sample: {docker.io: 26.1.5+dfsg1-9+b9}
sysctls:
  description: The value of each of O(sysctls), of V(net.ipv4.ip_forward) and of V(net.ipv6.conf.all.forwarding), or null if the kernel does not have it.
  returned: always
  type: dict
  sample: {net.ipv4.ip_forward: "1"}
interfaces:
  description: The network interfaces. C(vni), C(port) and C(learning) are null unless the interface is of kind V(vxlan).
  returned: always
  type: dict
  sample:
    flannel.1:
      mac: be:ae:e6:2d:7a:fe
      mtu: 1450
      up: true
      kind: vxlan
      vni: 1
      port: 8472
      master: ""
      addresses: [{address: 10.20.5.0, prefixlen: 32, family: 4}]
routes:
  description:
    - The routes of the main table, for IPv4 and IPv6. The default route has the destination V(0.0.0.0/0) or V(::/0).
    - Routes to peers by a device of flannel are in RV(peer_entries).
  returned: always
  type: list
  elements: dict
  sample: [{dst: 0.0.0.0/0, via: 172.72.2.1, dev: eth0, src: "", metric: 0}]
peer_entries:
  description:
    - What the kernel has for each peer, as C(routes) by a device of flannel, C(neighbours) and C(fdb). Null if there are more than 50 of one
      kind, because the controller keeps the facts of every host.
  returned: always
  type: dict
  sample:
    routes: [{dst: 10.20.47.0/24, via: 10.20.47.0, dev: flannel.1, src: "", metric: 0}]
    neighbours: [{dev: flannel.1, address: 10.20.47.0, mac: be:ae:e6:2d:7a:fe, permanent: true}]
    fdb: [{dev: flannel.1, mac: be:ae:e6:2d:7a:fe, dst: 172.72.2.12}]
registry:
  description:
    - What etcd holds, with the keys that M(overlay.flannel.lease_info) returns. C(error) is there instead if it could not be read.
    - C(users_differ) is whether M(overlay.flannel.etcd_users) would change something, if O(registry.users) asks for it.
    - Null if O(registry) is not given, or if it has no endpoints and no etcd runs on this host.
  returned: always
  type: dict
  sample:
processes:
  description: The running processes among V(etcd), V(flanneld) and V(dockerd). Passwords in arguments are masked.
  returned: always
  type: dict
  sample:
    flanneld:
      pid: 122
      argv: [/usr/local/bin/flanneld]
      executable: /usr/local/bin/flanneld
      started: 1795477827.47
daemons:
  description:
    - Every etcd, flanneld, dockerd and k3s on this host, whoever has started it, with the unit of its cgroup.
    - Those in a container are returned only if they share the network of the host.
    - C(data_dir) is the data directory of an etcd as the process sees it, or empty if it is not known.
  returned: always
  type: list
  elements: dict
  sample:
    - name: etcd
      pid: 131
      executable: /usr/local/bin/etcd
      unit: etcd.service
      in_container: false
      on_host_network: true
      data_dir: /var/lib/etcd/overlay
listeners:
  description: The sockets that listen on O(ports), with the process that has the socket open. C(pid) is 0 if there is none, or without root.
  returned: always
  type: list
  elements: dict
  sample: [{address: 172.72.2.11, port: 2379, pid: 131, name: etcd, unit: etcd.service}]
repositories:
  description: The package sources of apt for binary packages, without users in URLs. Empty for other package managers.
  returned: always
  type: list
  elements: dict
  sample:
    - file: /etc/apt/sources.list.d/docker.list
      uri: https://download.docker.com/linux/debian
      suite: trixie
      components: [stable]
      signed_by: /etc/apt/keyrings/docker.asc
etcd:
  description:
    - The etcd that runs on this host, or null. C(client_urls) are those that its process was told to advertise.
    - C(version) and C(cluster_version) are what it says of itself and of its cluster. They are empty if it does not answer.
  returned: always
  type: dict
  sample: {client_urls: ["http://172.72.2.11:2379"], version: 3.6.14, cluster_version: 3.6.0}
etcd_backup:
  description:
    - What became of the last backup that the timer of the role etcd has started (C(result), C(reason)), and the newest one. Null without this timer.
    - C(age) of the newest backup, and C(period) of the timer are seconds. C(period) is null until the timer has been there for two of them.
  returned: always
  type: dict
  sample:
    running: false
    timer: active
    result: success
    reason: ""
    folder: /var/lib/overlay-etcd/backup
    newest: 20261124T000000Z-cdf818194e3a8c32-4711.db
    age: 3600.0
    period: 86400.0
calendars:
  description: For each of O(calendars) why systemd does not understand it. Empty where it does, and with systemd before 235, which cannot be asked.
  returned: always
  type: dict
  sample: {daily: "", dayly: "Failed to parse calendar specification 'dayly': Invalid argument"}
flannel:
  description:
    - The files that flanneld and mk-docker-opts.sh wrote, and the version and device of flannel. Null for what does not exist.
    - C(public_ip) is the address that the running flanneld was given.
  returned: always
  type: dict
  sample:
    version: 0.28.10
    public_ip: 172.72.2.11
    subnet_env: {network: 10.20.0.0/16, subnet: 10.20.5.1/24, ipv6_network: "", ipv6_subnet: "", mtu: 1450, ipmasq: true}
    docker_env: {DOCKER_OPTS: " --bip=10.20.5.1/24 --ip-masq=false --mtu=1450"}
    docker_options: {bip: 10.20.5.1/24, ip_masq: "false", mtu: "1450"}
    device: flannel.1
docker:
  description:
    - The state of docker and its configuration file. C(options) are the network options in the arguments of the running dockerd.
    - C(error) is the reason why docker did not answer.
    - C(installed) is the version of the program dockerd, read only where it does not run and daemon.json asks for the backend nftables.
    - Of its networks C(bridge) is the device, and C(opened) the families in which docker itself lets everybody in.
    - C(daemon_json) has only the keys that this collection checks, because others may contain passwords.
  returned: always
  type: dict
  sample:
    running: true
    version: 28.5.2+dfsg4
    options: {host: "fd://", bip: 10.20.5.1/24, ip_masq: "false", mtu: "1450"}
    docker0: 10.20.5.1/24
    live_restore: false
    containers_running: 2
    firewall_backend: iptables
    swarm: false
    installed: null
    error: null
    daemon_json: {exists: true, error: null, keys: {mtu: 1400}}
    networks: [{name: bridge, subnet: 10.20.5.0/24, driver: bridge, bridge: docker0, opened: []}]
firewall:
  description:
    - The firewall rules that affect the overlay. Read only on a host with docker or flannel.
    - C(chains) are the chains of iptables that routed packets traverse, and packets to the host itself.
    - C(variant) is V(nft) or V(legacy). The variant of the command C(iptables) is first.
    - C(chains6) are the same of ip6tables, where the overlay has IPv6.
    - C(nft_chains) are the base chains of nftables that do not belong to iptables. Their rules are returned if the hook is forward and
      the policy V(drop).
    - C(docker_nft) is what nft lists of docker's backend nftables and of the docker role. C(hooks) are docker's chains that the kernel calls,
      C(bridges) the bridges in its maps, C(marks) its rules that accept by a mark, C(direct_drops) the containers that others do not reach,
      C(own) the rules of the role, with their family and chain. Null where nft does not answer.
    - C(unread) says which rules iptables did not tell.
  returned: always
  type: dict
  sample:
    forward_policy: ACCEPT
    raw_prerouting: ["-A PREROUTING -d 10.20.0.0/16 -i flannel.1 -j ACCEPT"]
    docker_user: ["-A DOCKER-USER -i flannel.1 -o docker0 -j ACCEPT"]
    flannel_forward: true
    docker_chain: true
    chains:
      - variant: nft
        table: raw
        chain: PREROUTING
        policy: ACCEPT
        rules: ["-A PREROUTING -d 10.20.0.0/16 -i flannel.1 -j ACCEPT"]
    chains6: []
    nft_chains: [{family: ip, table: flannel-ipv4, chain: postrtg, hook: postrouting, policy: accept, rules: []}]
    docker_nft: {hooks: [], bridges: [], marks: [], direct_drops: [], own: []}
    unread: []
firewalld:
  description:
    - What a running firewalld lets pass, or null where none runs. C(permanent) are its zones as they are after its next reload.
    - Zones without interfaces and sources are left out, except the default zone, V(trusted) and V(docker). C(ports) include those of services.
    - C(forward) is null in a firewalld that does not know it. C(rich) and C(lets_some_pass) say that there are rules that are not read.
  returned: always
  type: dict
  sample:
    error: null
    backend: nftables
    default_zone: public
    zones:
      trusted: {target: ACCEPT, interfaces: [flannel.1], sources: [], ports: [], protocols: [], forward: true, rich: false}
    permanent: {}
    policies: {docker-forwarding: {target: ACCEPT, ingress: [ANY], egress: [docker], lets_some_pass: false}}
network_files:
  description:
    - Files of systemd-networkd whose names sort before C(10-overlay-flannel.network), with their C([Match]) section.
    - C(unmanaged) is true for those that tell networkd to leave the interface alone.
  returned: always
  type: list
  elements: dict
  sample: [{path: /etc/systemd/network/05-lan.network, match: {Name: "en*"}, unmanaged: false}]
kernel:
  description:
    - Kernel settings that affect packets. C(bridge_netfilter) is whether br_netfilter is loaded.
    - C(reverse_path_filter) is the effective value for each interface. V(1) is strict.
    - C(forwarding_can_be_set) is whether net.ipv4.ip_forward can be written.
    - C(transmit_checksum) is whether a device of flannel leaves the checksums of outgoing packets to the network card.
  returned: always
  type: dict
  sample:
    forwarding_can_be_set: true
    bridge_netfilter: true
    reverse_path_filter: {docker0: 0, eth0: 2, flannel.1: 0, lo: 0}
    transmit_checksum: {flannel.1: true}
etcd_member:
  description: This host as a member of etcd, for the plans of other hosts. C(data) is whether it has data.
  returned: when V(etcd) is one of O(components)
  type: dict
  sample:
    name: flannel-1
    client_url: http://172.72.2.11:2379
    peer_url: http://172.72.2.11:2380
    data: true
    endpoint: http://172.72.2.11:2379
    version: 3.6.14
lease:
  description: The lease of this host in O(leases), or null.
  returned: always
  type: dict
  sample:
    key: /flannel/network/subnets/10.20.5.0-24
    subnet: 10.20.5.0/24
    public_ip: 172.72.2.11
    backend: vxlan
    backend_data: {VNI: 1, VtepMAC: be:ae:e6:2d:7a:fe}
pings:
  description: The pings through the overlay. C(ms) is null if there was no answer.
  returned: always
  type: list
  elements: dict
  sample: [{address: 10.20.47.1, ok: true, ms: 0.55}]
findings:
  description:
    - The findings. The overlay is checked only if flanneld has written a subnet, or if O(leases) is given.
    - One cause gives one finding. A peer without a route is in V(peer_route_missing), but not in V(peer_neighbour_missing) as well. If a
      device is wrong, what is missing on it is not reported.
    - V(stale_route), V(stale_neighbour) and V(stale_fdb) report all leftovers of one device in one finding, with the code of the worst.
    - V(docker_rules_missing) includes rules that docker 28 and newer will need for the next container.
    - V(container_mtu) is a warning because path MTU discovery hides most of the effect, and V(reverse_path_filter) because it is concluded
      from routes, not from packets.
  returned: always
  type: list
  elements: dict
  contains:
    code:
      description:
        - What was found, as a name for programs.
        - C(bridge_netfilter_missing) (error) - The kernel module br_netfilter is missing; flanneld will not
          start again.
        - C(certificate_file_ends) (warning, an error if it has ended) - A certificate on the host ends soon.
        - C(certificate_file_unreadable) (error) - A file that should hold a certificate holds none.
        - C(checksum_offload) (error) - TCP segments are lost because the network card does not fill in their
          checksums.
        - C(container_mtu) (warning) - Containers have another MTU than the overlay.
        - C(daemon_json_invalid) (error) - /etc/docker/daemon.json is not valid; docker will not start again.
        - C(device_address) (error) - flannel's device lacks its address.
        - C(device_down) (error) - flannel's device is down.
        - C(device_kind) (error) - flannel's device is of another kind than the backend's.
        - C(device_mac) (error) - flannel's device has another MAC than the lease.
        - C(device_missing) (error) - flannel's device is missing.
        - C(device_mtu) (error, a warning for the device that carries IPv6) - The MTU of flannel's device does
          not fit.
        - C(device_vni) (error) - flannel's device has another VNI than the lease.
        - C(docker_backend_pending) (warning) - docker runs with another firewall backend than /etc/docker/daemon.json gives.
        - C(docker_bridge_mismatch) (error) - docker0 has another address than /run/flannel/docker gives.
        - C(docker_chains_missing) (error) - The iptables chains of docker are missing.
        - C(docker_env_mismatch) (error) - /run/flannel/docker does not match /run/flannel/subnet.env.
        - C(docker_env_missing) (error) - /run/flannel/docker is missing.
        - C(docker_mtu) (error) - docker or /run/flannel/docker has another MTU than /run/flannel/subnet.env.
        - C(docker_nft_direct_drop) (error) - docker's nftables rules drop what other hosts send to containers here.
        - C(docker_nft_guard_missing) (error) - With docker's nftables backend nothing keeps neighbours out of containers.
        - C(docker_nft_hooks_missing) (error) - docker's nftables chains have lost their hooks, or docker0.
        - C(docker_nft_mark_missing) (error) - docker's nftables backend does not accept packets of the overlay, or nothing marks them.
        - C(docker_nftables) (warning) - docker uses nftables, and its rules could not be read.
        - C(firewalld_blocks) (error) - firewalld drops packets of the overlay.
        - C(firewalld_forgets) (warning) - firewalld lets the overlay pass only until its next reload.
        - C(firewalld_unread) (warning) - firewalld runs and does not answer.
        - C(firewall_unread) (warning) - Rules of iptables could not be read.
        - C(docker_no_answer) (warning) - docker does not answer on its socket.
        - C(docker_not_running) (error) - docker does not run.
        - C(docker_old_bridge) (error) - live-restore kept containers on a docker0 with the former address.
        - C(docker_options_mismatch) (error) - dockerd runs with other options than /run/flannel/docker gives.
        - C(docker_rules_leftover) (warning) - Rules of the docker role for docker's other firewall backend are left.
        - C(docker_rules_missing) (error) - docker or the guard of the docker role drops packets of peers
          because accept rules are missing.
        - C(environment_file_missing) (error) - A unit needs an environment file that is missing; it will not start again.
        - C(etcd_backup_failed) (error) - The last backup of etcd that the timer started has failed, or the timer does not
          run.
        - C(etcd_backup_late) (warning) - The newest backup of etcd is older than two times of its schedule.
        - C(etcd_open_to_containers) (warning) - Containers of this host reach the port of its etcd.
        - C(etcd_not_active) (error) - The member of etcd that this host has does not run.
        - C(flanneld_not_active) (error) - flanneld does not run.
        - C(flanneld_twice) (error) - Several flanneld run on the host's network.
        - C(forward_blocked) (error) - An iptables rule drops packets of the overlay.
        - C(forward_drop) (error) - The policy of an iptables chain drops packets of the overlay.
        - C(forward_nft_drop) (warning) - The policy of an nftables chain drops forwarded packets; its rules are
          not evaluated.
        - C(forward_unknown) (warning) - A rule that is not understood decides about packets of the overlay.
        - C(ip_forward_off) (error) - net.ipv4.ip_forward is 0, or net.ipv6.conf.all.forwarding where the overlay has IPv6.
        - C(iptables_mixture) (warning) - docker and flannel have rules in both variants of iptables.
        - C(lease_not_found) (error) - This host has no lease in etcd.
        - C(lease_subnet_mismatch) (error) - /run/flannel/subnet.env has another subnet than the lease.
        - C(masquerade_docker) (warning) - docker, not flannel, masquerades; it also does so inside the overlay.
        - C(masquerade_missing) (error, a warning if neither flannel nor docker should) - No rule masquerades
          packets from containers to the outside.
        - C(masquerade_overlay) (error) - A rule masquerades packets inside the overlay.
        - C(masquerade_twice) (error) - Both docker and flannel masquerade.
        - C(metrics_failed) (warning) - The exporter of metrics fails, or its timer does not run.
        - C(not_root) (error) - The module did not run as root, so that parts of the host were not visible.
        - C(peer_fdb_missing) (error) - Forwarding entries of peers are missing on flannel's device.
        - C(peer_ipv6) (error) - flanneld runs without IPv6, met leases with IPv6, and takes no more changes.
        - C(peer_neighbour_missing) (error) - Neighbour entries of peers are missing on flannel's device.
        - C(peer_not_adjacent) (error) - The backend needs all hosts in one network, and peers are behind a
          router.
        - C(peer_route_missing) (error, a warning if commands of the user set the routes) - Routes to peers are
          missing.
        - C(peer_route_wrong) (error, a warning if packets still arrive) - Routes to peers differ from those of
          the configuration.
        - C(ping_impossible) (warning) - This host cannot send pings.
        - C(ping_lost) (error) - Peers do not answer pings of full size.
        - C(private_key) (error) - A private key is missing, does not fit its certificate, or can be read by every user.
        - C(reverse_path_filter) (warning) - Strict reverse path filtering may drop packets of peers.
        - C(stale_device) (warning, an error if routes lead to it) - A device of a former configuration is left.
        - C(stale_fdb) (warning) - Forwarding entries of hosts without a lease are left.
        - C(stale_neighbour) (warning) - Neighbour entries of subnets without a lease are left.
        - C(stale_route) (error) - Routes to subnets without a lease are left.
        - C(subnet_env_missing) (error) - /run/flannel/subnet.env is missing or has no subnet.
        - C(unit_stale) (warning) - flanneld or docker does not run what its unit files say.
      type: str
      sample: docker_bridge_mismatch
    severity:
      description: V(error) or V(warning).
      type: str
      sample: error
    host:
      description: Empty, since the host does not know its name in the inventory.
      type: str
      sample: ""
    seen:
      description: What the check saw.
      type: str
      sample: docker0 has 10.20.99.1/24, /run/flannel/docker 10.20.5.1/24
    expected:
      description: What the check expected.
      type: str
      sample: the same address
    fix:
      description: What to do.
      type: str
      sample: systemctl restart docker
healthy:
  description: Whether no finding has the severity V(error).
  returned: always
  type: bool
  sample: true
"""

import typing as t

from ansible_collections.overlay.flannel.plugins.module_utils.common.errors import OverlayError
from ansible_collections.overlay.flannel.plugins.module_utils.common.findings import escaped, healthy, to_dicts
from ansible_collections.overlay.flannel.plugins.module_utils.common.subprocesses import bounded
from ansible_collections.overlay.flannel.plugins.module_utils.etcd.connection import ARGUMENTS, TOGETHER
from ansible_collections.overlay.flannel.plugins.module_utils.flannel.psk import PSK_ARGUMENT, secrets
from ansible_collections.overlay.flannel.plugins.module_utils.host.checks.connectivity import ping_peers
from ansible_collections.overlay.flannel.plugins.module_utils.host.checks.context import HostContext
from ansible_collections.overlay.flannel.plugins.module_utils.host.checks.run import check_settled
from ansible_collections.overlay.flannel.plugins.module_utils.host.collect import collect, returned
from ansible_collections.overlay.flannel.plugins.module_utils.host.facts.etcd_process import client_urls
from ansible_collections.overlay.flannel.plugins.module_utils.host.types import KINDS, HostFacts, Query
from ansible_collections.overlay.flannel.plugins.module_utils.overlay_module import OverlayModule, run

NAMES = {"type": "list", "elements": "str", "default": []}
REGISTRY = {
    **ARGUMENTS,
    "endpoints": NAMES,
    "users": {"type": "bool", "default": False},
    "network": {"type": "dict"},
    "psk": PSK_ARGUMENT,
}
KEY_PAIR = {"cert": {"type": "path", "required": True}, "key": {"type": "path", "required": True, "no_log": False}}


def query_of(params: t.Mapping[str, t.Any]) -> Query:
    return t.cast(Query, {kind: params[kind] for kind in KINDS})


def read_registry(module: OverlayModule, facts: HostFacts) -> dict[str, t.Any] | None:
    """Leases and configuration in etcd; most hosts do not read them, and do not load what is needed for it."""
    given = module.params["registry"]
    endpoints = given and (given["endpoints"] or client_urls(facts["processes"].get("etcd"))[:1])
    if not endpoints:
        return None
    from ansible_collections.overlay.flannel.plugins.module_utils.etcd.connection import from_params
    from ansible_collections.overlay.flannel.plugins.module_utils.registry import lease_result, leases, task, users

    try:
        wanted = {**given, **without_tls(endpoints), "endpoints": endpoints}
        question = task.make_task({**wanted, "expected": [], "ttl": True, "renew_margin": 60})
        found = lease_result.report(question, leases.read(question))
        if given["users"] and question.store.api == "v3":
            found["users_differ"] = users.differ(from_params(wanted), given["prefix"])
    except OverlayError as error:
        return {"error": escaped(str(error))}
    module.no_log_values.update(secrets(found["config"]))
    return found


def without_tls(endpoints: t.Sequence[str]) -> dict[str, None]:
    """The certificates are for the TLS that etcd may not have yet."""
    secure = any(url.startswith("https:") for url in endpoints)
    return {} if secure else dict.fromkeys(("ca_cert", "client_cert", "client_key"))


def work(module: OverlayModule) -> dict[str, t.Any]:
    """Collect, check, ping, report."""
    params, runner = module.params, bounded()
    context = HostContext(
        collect(query_of(params), runner, params["digest_key"] or ""),
        params["leases"],
        params["network"],
        params["address"] or "",
    )
    findings = check_settled(context, runner)
    pings, lost = ping_peers(context, params["pings"], params["ping_timeout"])
    findings += lost
    verdict = {"lease": context.own, "pings": pings, "findings": to_dicts(findings), "healthy": healthy(findings)}
    registry = read_registry(module, context.facts)
    # Ansible before 2.21 keeps all arguments in the result, for every host.
    arguments = {name: value for name, value in params.items() if name != "leases"}
    facts = {**returned(context.facts), "registry": registry}
    return {"changed": False, **facts, **verdict, "invocation": {"module_args": arguments}}


def main() -> None:
    module = OverlayModule(
        argument_spec={
            "components": {**NAMES, "choices": ["etcd", "flannel", "docker", "metrics"]},
            "reuse": {"type": "dict", "default": {}},
            **dict.fromkeys(KINDS, NAMES),
            "secrets": {**NAMES, "no_log": False},
            "digest_key": {"type": "str", "no_log": True},
            "key_pairs": {**NAMES, "elements": "dict", "options": KEY_PAIR, "no_log": False},
            "ports": {"type": "list", "elements": "int", "default": []},
            "network": {"type": "dict"},
            "registry": {"type": "dict", "options": REGISTRY, "required_together": TOGETHER},
            "leases": {"type": "list", "elements": "dict"},
            "address": {"type": "str"},
            "pings": {"type": "int", "default": 0},
            "ping_timeout": {"type": "float", "default": 2.0},
        },
        supports_check_mode=True,
    )
    run(module, lambda: work(module))


if __name__ == "__main__":
    main()
