# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read the leases and the network configuration from etcd, and wait until the expected hosts are there."""

from __future__ import annotations

import time
import typing as t

from ansible_collections.overlay.flannel.plugins.module_utils.common.errors import DeclinedError
from ansible_collections.overlay.flannel.plugins.module_utils.common.findings import (
    ERROR,
    WARNING,
    Finding,
)
from ansible_collections.overlay.flannel.plugins.module_utils.etcd.alarms import alarm_fix
from ansible_collections.overlay.flannel.plugins.module_utils.etcd.store import Entry, Reader
from ansible_collections.overlay.flannel.plugins.module_utils.flannel.config import check, check_dict
from ansible_collections.overlay.flannel.plugins.module_utils.flannel.config_types import NetworkConfig, NetworkError
from ansible_collections.overlay.flannel.plugins.module_utils.flannel.keys import Keys
from ansible_collections.overlay.flannel.plugins.module_utils.flannel.lease import (
    Lease,
    LeaseError,
    expiry_text,
    make_key,
    parse_key,
    parse_value,
)
from ansible_collections.overlay.flannel.plugins.module_utils.flannel.lease_fast_path import Subnets, plain_key
from ansible_collections.overlay.flannel.plugins.module_utils.flannel.versions import parse_version
from ansible_collections.overlay.flannel.plugins.module_utils.registry.expected import Expected, low_ttl
from ansible_collections.overlay.flannel.plugins.module_utils.registry.lease_checks import absent_hosts
from ansible_collections.overlay.flannel.plugins.module_utils.registry.lease_facts import Facts

_FOLDER = "/subnets/"


class Task(t.NamedTuple):
    """What to read and what to check it against."""

    store: Reader
    keys: Keys
    flannel_version: str
    expected: list[Expected]
    network: t.Mapping[str, t.Any] | None = None
    renew_margin: int | None = None  # minutes; None: the TTLs are not read


class Parsed(t.NamedTuple):
    leases: list[Lease]
    findings: list[Finding]


class Reading(t.NamedTuple):
    """What etcd holds below the prefix; `config` is None where flannel cannot read it."""

    stored: Entry | None
    config: NetworkConfig | None
    leases: list[Lease]
    findings: list[Finding]


def read(task: Task, with_ttl: bool = True) -> Reading:
    keys, store = task.keys, task.store
    entries = read_entries(store, keys)
    stored = next((entry for entry in entries if entry.key == keys.config), None)
    config, findings = read_config(stored, keys, task.flannel_version)
    held = [entry for entry in entries if keys.is_lease(entry.key)]
    ttls = store.ttls(held) if with_ttl and task.renew_margin is not None else {}
    parsed = parse_entries(held, keys, task.flannel_version, ttls, time.time())
    if task.network is not None:
        config, findings = _instead(task, stored, config, findings)
    return Reading(stored, config, parsed.leases, findings + alarm_findings(store) + parsed.findings)


def alarm_findings(store: Reader) -> list[Finding]:
    """Leases can be read, and look well, until the first of them has not been renewed: up to a day."""
    try:
        alarms = store.alarms()
    except DeclinedError:  # a user who may only read flannel's keys
        return []
    return [
        Finding(
            "etcd_alarm",
            f"etcd has the alarm {kind}: it takes no writes, so no lease is renewed",
            "no alarm",
            alarm_fix(kind),
        )
        for kind in alarms
    ]


def read_entries(store: Reader, keys: Keys) -> list[Entry]:
    """All below the prefix, as they are at one moment. Who may only read what flannel reads gets that, in two requests."""
    try:
        return store.list_prefix(keys.folder)
    except DeclinedError:
        stored = store.get(keys.config)
        return [*([stored] if stored else []), *store.list_prefix(keys.leases)]


def _instead(
    task: Task, stored: Entry | None, config: NetworkConfig | None, findings: list[Finding]
) -> tuple[NetworkConfig, list[Finding]]:
    """Check against the configuration that was given, and report where the stored one means something else."""
    wanted = check_dict(task.network or {}, task.flannel_version)
    if stored is not None and config is not None and config != wanted:
        fix = "write it with the module overlay.flannel.network, then restart flanneld on all hosts"
        seen = f"{task.keys.config} holds another configuration"
        findings = [*findings, Finding("config_differs", seen, "the configuration that was given", fix)]
    return wanted, findings


def read_config(stored: Entry | None, keys: Keys, flannel_version: str) -> tuple[NetworkConfig | None, list[Finding]]:
    if stored is None:
        fix = "write it with the module overlay.flannel.network, for the API that this flannel reads"
        seen = f"{keys.config} is not there"
        return None, [Finding(code="config_missing", seen=seen, expected="flannel's configuration", fix=fix)]
    try:
        config = check(stored.value, flannel_version)
    except NetworkError as error:
        finding = error.finding
        return None, [Finding("config_invalid", f"{keys.config}: {finding.seen}", finding.expected, finding.fix)]
    return config, list(config.findings)


def parse_entries(
    entries: t.Iterable[Entry],
    keys: Keys,
    flannel_version: str,
    ttls: t.Mapping[str, int | None],
    now: float,
) -> Parsed:
    leases: list[Lease] = []
    findings: list[Finding] = []
    for entry in entries:
        key = entry.key
        ttl = ttls.get(key)
        try:
            subnets, in_place = parse_place(key, keys)
        except LeaseError as error:
            findings.append(_malformed("malformed_key", entry, str(error), flannel_version))
            continue
        if not in_place:
            findings.append(_misplaced(entry, f"{keys.prefix}/subnets/{make_key(subnets)}"))
        try:
            leases.append(Lease(key, subnets, parse_value(entry.value), ttl, expiry_text(ttl, now)))
        except LeaseError as error:
            findings.append(_malformed("malformed_value", entry, str(error), flannel_version))
    return Parsed(leases, findings)


def parse_place(key: str, keys: Keys) -> tuple[Subnets, bool]:
    """What a key says, and whether it lies and is spelt as flannel itself does it; LeaseError as by parse_key."""
    if key.startswith(keys.prefix) and key.startswith(_FOLDER, len(keys.prefix)):
        plain = plain_key(key, len(keys.prefix) + len(_FOLDER))
        if plain:
            return plain, True
    subnets = parse_key(key)
    return subnets, keys.is_in_place(key, make_key(subnets))


def _malformed(code: str, entry: Entry, reason: str, flannel_version: str) -> Finding:
    """Dangerous from 0.21 to 0.28.9: one such event makes every flanneld drop all routes to its peers."""
    version = parse_version(flannel_version)
    return Finding(
        code=code,
        severity=ERROR if (0, 21) <= version < (0, 28, 10) else WARNING,
        seen=f"{entry.key}: {reason}",
        expected="nothing but well-formed leases there",
        fix=f"delete the key {entry.key}, then restart each flanneld that lost its routes",
    )


def _misplaced(entry: Entry, place: str) -> Finding:
    return Finding(
        code="malformed_key",
        seen=f"flannel reads {entry.key} as a lease",
        expected=place,
        fix="move the key elsewhere, to a name that does not begin with `subnets`",
    )


class Waiting(t.NamedTuple):
    """How long to wait, and by which clock; tests bring their own."""

    seconds: float
    clock: t.Callable[[], float] = time.monotonic
    sleep: t.Callable[[float], None] = time.sleep


def wait_for(task: Task, waiting: Waiting) -> list[Expected]:
    """The expected hosts that have no lease yet when the time is over; usually none."""
    deadline = waiting.clock() + waiting.seconds
    while True:
        absent = absent_hosts(facts(task, read(task, with_ttl=False)))
        left = deadline - waiting.clock()
        if not absent or left <= 0:
            return absent
        waiting.sleep(min(1.0, left))


def facts(task: Task, reading: Reading) -> Facts:
    low = None if task.renew_margin is None else low_ttl(task.renew_margin)
    return Facts(reading.leases, reading.config, task.expected, low, task.store.api == "v3")
