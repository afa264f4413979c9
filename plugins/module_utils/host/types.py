# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The shapes of what host_info returns: plain dictionaries, the same on the host and, as JSON, on the controller."""

from __future__ import annotations

import typing as t


class KeyPair(t.TypedDict):
    cert: str
    key: str


class Query(t.TypedDict):
    files: list[str]
    contents: list[str]
    secrets: list[str]
    certificates: list[str]
    key_pairs: list[KeyPair]
    units: list[str]
    packages: list[str]
    sysctls: list[str]
    ports: list[int]
    calendars: list[str]


KINDS: t.Tuple[str, ...] = tuple(Query.__annotations__)


class Platform(t.TypedDict):
    id: str
    version: str
    codename: str
    family: str
    architecture: str
    kernel: str
    init: str
    systemd_version: int
    package_manager: str
    hostname: str
    python: str
    user: int


class FileFact(t.TypedDict, total=False):
    exists: bool
    type: str
    sha256: t.Optional[str]
    size: int
    mode: str
    owner: str
    group: str
    mtime: float
    target: str
    content: t.Optional[str]
    digest: t.Optional[str]
    mark: str


class CertificateFact(t.TypedDict):
    not_before: float
    not_after: float
    subject: str
    common_name: str
    issuer: str
    names: list[str]
    serial: str
    is_authority: bool


class KeyFact(t.TypedDict):
    cert: str
    exists: bool
    fits: bool
    mode: str
    owner: str
    group: str


class UnitDrift(t.TypedDict):
    reason: str
    name: str
    file: str
    text: str


class Unit(t.TypedDict):
    load_state: str
    active_state: str
    sub_state: str
    unit_file_state: str
    fragment_path: str
    drop_in_paths: list[str]
    exec_start: str
    fragment_exec_start: str
    environment_files: list[str]
    missing_files: list[str]
    resets: dict[str, str]
    main_pid: int
    started: t.Optional[float]
    result: str
    restarts: int
    need_daemon_reload: bool
    drift: list[UnitDrift]


class Address(t.TypedDict):
    address: str
    prefixlen: int
    family: int


class Interface(t.TypedDict):
    mac: str
    mtu: int
    up: bool
    kind: str
    vni: t.Optional[int]
    port: t.Optional[int]
    learning: t.Optional[bool]
    master: str
    addresses: list[Address]


class Route(t.TypedDict):
    dst: str
    via: str
    dev: str
    src: str
    metric: int


class Neighbour(t.TypedDict):
    dev: str
    address: str
    mac: str
    permanent: bool


class FdbEntry(t.TypedDict):
    dev: str
    mac: str
    dst: str


class PeerEntries(t.TypedDict):
    routes: list[Route]
    neighbours: list[Neighbour]
    fdb: list[FdbEntry]


class Process(t.TypedDict):
    pid: int
    argv: list[str]
    executable: str
    started: float


class Daemon(t.TypedDict):
    name: str
    pid: int
    executable: str
    unit: str
    in_container: bool
    on_host_network: bool
    data_dir: str


class Listener(t.TypedDict):
    address: str
    port: int
    pid: int
    name: str
    unit: str


class Repository(t.TypedDict):
    file: str
    uri: str
    suite: str
    components: list[str]
    signed_by: str


class Etcd(t.TypedDict):
    client_urls: list[str]
    version: str
    cluster_version: str


class EtcdBackup(t.TypedDict):
    running: bool
    timer: str
    result: str
    reason: str
    folder: str
    newest: str
    age: t.Optional[float]
    period: t.Optional[float]


class SubnetEnv(t.TypedDict):
    network: str
    subnet: str
    ipv6_network: str
    ipv6_subnet: str
    mtu: int
    ipmasq: bool


class Flannel(t.TypedDict):
    version: t.Optional[str]
    public_ip: t.Optional[str]
    subnet_env: t.Optional[SubnetEnv]
    docker_env: t.Optional[dict[str, str]]
    docker_options: t.Optional[dict[str, str]]
    device: t.Optional[str]


class DaemonJson(t.TypedDict):
    exists: bool
    error: t.Optional[str]
    keys: dict[str, t.Any]


class DockerNetwork(t.TypedDict):
    name: str
    subnet: str
    driver: str
    bridge: str
    opened: list[str]


class Docker(t.TypedDict):
    running: bool
    version: t.Optional[str]
    options: dict[str, str]
    docker0: t.Optional[str]
    live_restore: t.Optional[bool]
    containers_running: t.Optional[int]
    firewall_backend: t.Optional[str]
    swarm: t.Optional[bool]
    installed: t.Optional[str]
    error: t.Optional[str]
    daemon_json: DaemonJson
    networks: list[DockerNetwork]


class Chain(t.TypedDict):
    variant: str
    table: str
    chain: str
    policy: t.Optional[str]
    rules: list[str]


class NftChain(t.TypedDict):
    family: str
    table: str
    chain: str
    hook: str
    policy: str
    rules: list[str]


class DockerNft(t.TypedDict):
    hooks: list[str]
    bridges: list[str]
    marks: list[str]
    direct_drops: list[str]
    own: list[str]


class Firewall(t.TypedDict):
    forward_policy: t.Optional[str]
    raw_prerouting: list[str]
    docker_user: list[str]
    flannel_forward: bool
    docker_chain: bool
    chains: list[Chain]
    chains6: list[Chain]
    nft_chains: list[NftChain]
    docker_nft: t.Optional[DockerNft]
    unread: list[str]


class Zone(t.TypedDict):
    target: str
    interfaces: list[str]
    sources: list[str]
    ports: list[str]
    protocols: list[str]
    forward: t.Optional[bool]
    rich: bool


class Policy(t.TypedDict):
    target: str
    ingress: list[str]
    egress: list[str]
    lets_some_pass: bool


class Firewalld(t.TypedDict):
    error: t.Optional[str]
    backend: str
    default_zone: str
    zones: dict[str, Zone]
    permanent: dict[str, Zone]
    policies: dict[str, Policy]


class NetworkFile(t.TypedDict):
    path: str
    match: dict[str, str]
    unmanaged: bool


class Kernel(t.TypedDict):
    forwarding_can_be_set: bool
    bridge_netfilter: bool
    reverse_path_filter: dict[str, int]
    transmit_checksum: dict[str, bool]


class Ping(t.TypedDict):
    address: str
    ok: bool
    ms: t.Optional[float]


class HostFacts(t.TypedDict):
    query: Query
    digest_key: str
    platform: Platform
    files: dict[str, FileFact]
    certificates: dict[str, t.Optional[list[CertificateFact]]]
    key_pairs: dict[str, KeyFact]
    units: dict[str, Unit]
    packages: dict[str, t.Optional[str]]
    sysctls: dict[str, t.Optional[str]]
    interfaces: dict[str, Interface]
    routes: list[Route]
    neighbours: list[Neighbour]
    fdb: list[FdbEntry]
    processes: dict[str, Process]
    daemons: list[Daemon]
    listeners: list[Listener]
    repositories: list[Repository]
    etcd: t.Optional[Etcd]
    etcd_backup: t.Optional[EtcdBackup]
    calendars: dict[str, str]
    flannel: Flannel
    docker: Docker
    firewall: Firewall
    firewalld: t.Optional[Firewalld]
    network_files: list[NetworkFile]
    kernel: Kernel
