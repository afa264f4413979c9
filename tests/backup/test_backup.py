# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""etcd with TLS is backed up while clients write, loses all of its data, and comes back, while containers ping each other.

OVERLAY_INVENTORY names a fleet of three members; without it the tests have hosts of their own. They go on from each other.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
from pathlib import Path
from typing import Any, Iterator

import pytest
from containers import Probes
from fleet import Fleet, wait_for
from labs import Lab
from writers import NOTES, Writers

from playbooks import Playbooks, Run, etcd_on

FOLDER = "/var/lib/overlay-etcd/backup"
# The timer's random delay makes its runs some 15 s apart.
EVERY = {"etcd_backup": {"schedule": "*-*-* *:*:0/5", "keep": 2}}
WHOLE = f"cd {FOLDER} && ls | grep -c '[0-9].db$'; sha256sum --quiet -c ./*.sha256"
UNTOUCHED = "ls -d /var/lib/overlay-etcd/restore* /var/lib/etcd/overlay/overlay-restore* /var/lib/etcd/*.before-restore* 2>/dev/null || :"


@pytest.fixture(scope="module")
def playbooks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Playbooks]:
    folder = tmp_path_factory.mktemp("runs")
    if "OVERLAY_INVENTORY" in os.environ:
        yield Playbooks(Path(os.environ["OVERLAY_INVENTORY"]), folder)
        return
    lab = Lab(folder)
    fleet, playbooks = lab.up(["trixie", "trixie", "sid"])
    yield playbooks.changed(etcd_on(*fleet.names))
    lab("down")


@pytest.fixture(scope="module")
def converged(playbooks: Playbooks) -> Run:
    return playbooks.site(variables=EVERY)


@pytest.fixture(scope="module")
def fleet(playbooks: Playbooks, converged: Run) -> Fleet:
    assert converged.rc == 0
    return Fleet(playbooks.inventory)


@pytest.fixture(scope="module")
def probes(fleet: Fleet) -> Iterator[Probes]:
    with Probes(fleet) as probes:
        yield probes


@pytest.fixture(scope="module")
def snapshot(fleet: Fleet, playbooks: Playbooks, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Made while clients write, and brought here."""
    folder = tmp_path_factory.mktemp("fetched")
    fleet.etcdctl("put /overlay-test before")
    with Writers(fleet, 2000, "backup.yml") as writers:
        run = playbooks.run("playbooks/backup.yml", variables={"overlay_backup_fetch": str(folder)})
    assert run.rc == 0
    assert sum(count.failed for count in writers.counts.values()) == 0 and writers.lost_pings == 0
    fleet.etcdctl("put /overlay-test after")
    return next(folder.glob("*.db"))


def leases(fleet: Fleet) -> dict[str, str]:
    return {name: fleet.lease(name) for name in fleet}


def value(fleet: Fleet) -> str:
    return fleet.etcdctl("get --print-value-only /overlay-test").strip()


def restore(playbooks: Playbooks, snapshot: Path, *args: str, **variables: Any) -> Run:
    return playbooks.run(
        "playbooks/restore.yml", *args, variables={"overlay_restore_snapshot": str(snapshot), **variables}
    )


def text(run: Run) -> str:
    return " ".join(run.output.split())


def copied(snapshot: Path, folder: Path) -> Path:
    """With what is beside it."""
    for path in snapshot.parent.glob(f"{snapshot.name}*"):
        shutil.copy(path, folder)
    return folder / snapshot.name


class Ping:
    """From a container of the first host to one of the last, ten times a second; `lost` are seconds without an answer."""

    def __init__(self, fleet: Fleet, probes: Probes, what: str) -> None:
        self.host, self.what, self.lost = fleet[fleet.names[0]], what, -1.0
        self.target = probes.address(fleet.names[-1], "published")

    def __enter__(self) -> Ping:
        ping = f"echo $$ >/ping.pid; exec busybox ping -i 0.1 {self.target} >/ping.log 2>&1"
        self.host.check_output(f"docker exec --detach unpublished sh -c '{ping}'")
        return self

    def __exit__(self, *_error: object) -> None:
        inside = "docker exec unpublished busybox sh -c"
        seen = self.host.check_output(f"{inside} 'kill $(busybox cat /ping.pid); busybox cat /ping.log'")
        numbers = [int(number) for number in re.findall(r"seq=(\d+)", seen)]
        assert len(numbers) == len(set(numbers)) > 0, "each ping is answered once"
        sent = numbers[-1] + 1
        self.lost = (sent - len(numbers)) / 10
        said = f"{self.what}: containers pinged for {sent / 10} s, {self.lost} s of them without an answer"
        print(said)
        NOTES.parent.mkdir(exist_ok=True)
        with NOTES.open("a") as notes:
            print(said, file=notes)


def test_the_timer_makes_whole_backups_and_keeps_as_many_as_it_should(
    fleet: Fleet, playbooks: Playbooks, converged: Run
) -> None:
    def numbers() -> list[str]:
        return [fleet[name].run(WHOLE).stdout.strip() for name in fleet]

    wait_for(numbers, lambda found: found == ["2"] * len(fleet.names), 120, "two backups on each host")
    first = {name: fleet[name].check_output(f"ls {FOLDER}/*.db | head -n 1") for name in fleet}
    for name in fleet:
        fleet[name].check_output("sleep 1; systemctl start overlay-etcd-backup")
        assert not fleet[name].file(first[name]).exists
    wait_for(numbers, lambda found: found == ["2"] * len(fleet.names), 30, "two backups on each host")
    assert fleet[fleet.first].check_output(f"stat -c '%U %a' {FOLDER} {FOLDER}/*.db | sort -u") == "root 600\nroot 700"
    again = playbooks.site(variables=EVERY)
    assert again.rc == 0 and set(again.changed.values()) == {0} and "3 healthy" in again.output


def test_another_schedule_counts_from_now_on(fleet: Fleet, playbooks: Playbooks) -> None:
    """From here on the timer is out of the way."""
    assert playbooks.site(variables={"etcd_backup": {"schedule": "*-01-01", "keep": 2}}).rc == 0
    for name in fleet:
        assert "-01-01" in fleet[name].check_output(
            "TZ=UTC systemctl show -P NextElapseUSecRealtime overlay-etcd-backup.timer"
        )


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"schedule": "dayly"}, "etcd_backup.schedule = dayly: allowed: a time as OnCalendar="),
        ({"keep": 0}, "etcd_backup.keep = 0: allowed: a number from 1 on"),
        ({"dir": "/var/lib/etcd/overlay/backup"}, "allowed: a directory outside of etcd's own"),
        ({"dir": "/var/log"}, "allowed: a directory of root with mode 0700, or none yet"),
    ],
)
def test_bad_settings_are_refused(playbooks: Playbooks, fleet: Fleet, given: dict[str, Any], said: str) -> None:
    run = playbooks.site(variables={"etcd_backup": given})
    assert run.rc != 0 and said in text(run) and set(run.changed.values()) == {0}


def test_a_failed_backup_is_a_finding(fleet: Fleet, playbooks: Playbooks) -> None:
    host = fleet[fleet.names[-1]]
    host.run(f"chmod 0755 {FOLDER}; systemctl start overlay-etcd-backup")
    run = playbooks.verify()
    assert run.rc != 0 and "[etcd_backup_failed]" in text(run)
    assert f"overlay-etcd-backup: {FOLDER}: allowed: a folder of root with mode 0700" in text(run)
    host.check_output(f"chmod 0700 {FOLDER} && systemctl start overlay-etcd-backup")
    assert playbooks.verify().rc == 0


def test_a_backup_under_writes_is_whole_and_comes_to_the_controller(
    fleet: Fleet, playbooks: Playbooks, snapshot: Path
) -> None:
    about = json.loads(Path(f"{snapshot}.json").read_text())
    assert about["prefix"] == "/flannel/network" and len(about["members"]) == 3
    assert {path.stat().st_mode & 0o777 for path in snapshot.parent.iterdir()} == {0o600}
    dry = playbooks.run("playbooks/backup.yml", "--check")
    assert dry.rc == 0 and f"A snapshot by {about['member']}" in text(dry) and set(dry.changed.values()) == {0}
    assert playbooks.run("playbooks/backup.yml").rc == 0


def edited(path: Path, **changes: Any) -> None:
    about = Path(f"{path}.json")
    about.write_text(json.dumps({**json.loads(about.read_text()), **changes}))


def damaged(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-4096])


REFUSED = {
    "damaged": (damaged, "it is damaged, or no snapshot"),
    "cut": (cut, "it is damaged, or no snapshot"),
    "prefix": (
        lambda path: edited(path, prefix="/other"),
        "of the prefix /other: allowed: one of the prefix /flannel/network",
    ),
    "cluster": (lambda path: edited(path, cluster_id="abc"), "of the cluster abc: allowed: one of this cluster"),
    "release": (lambda path: edited(path, etcd_version="3.9.1"), "etcd 3.9 or newer"),
    "by hand": (lambda path: Path(f"{path}.json").unlink(), "made by hand: allowed: one with"),
}


@pytest.mark.parametrize("case", list(REFUSED))
def test_what_cannot_be_restored_is_refused(
    fleet: Fleet, playbooks: Playbooks, snapshot: Path, tmp_path: Path, case: str
) -> None:
    change, said = REFUSED[case]
    path = copied(snapshot, tmp_path)
    change(path)
    before = {name: fleet.started(name) for name in fleet}
    run = restore(playbooks, path)
    assert run.rc != 0 and said in text(run) and set(run.changed.values()) == {0}
    assert {name: fleet.started(name) for name in fleet} == before
    assert {fleet[name].check_output(UNTOUCHED) for name in fleet} == {""}


def test_what_etcd_cannot_read_is_refused(fleet: Fleet, playbooks: Playbooks, snapshot: Path, tmp_path: Path) -> None:
    """Its own checksum fits, so that only etcd finds it. What was prepared on the members is removed."""
    content = bytes(8192) + snapshot.read_bytes()[8192:-32]
    path = tmp_path / "other.db"
    path.write_bytes(content + hashlib.sha256(content).digest())
    before = {name: fleet.started(name) for name in fleet}
    run = restore(playbooks, path, overlay_restore_other_cluster=True)
    assert run.rc != 0 and "allowed: a snapshot that etcd restores and serves" in text(run)
    assert {name: fleet.started(name) for name in fleet} == before
    assert {fleet[name].check_output(UNTOUCHED) for name in fleet} == {""}


def test_a_member_that_is_left_out_is_refused(fleet: Fleet, playbooks: Playbooks, snapshot: Path) -> None:
    run = restore(playbooks, snapshot, "--limit", f"!{fleet.names[-1]}")
    assert run.rc != 0 and f"missing: {fleet.names[-1]}" in text(run) and set(run.changed.values()) == {0}


def test_a_dry_run_prints_the_plan_and_changes_nothing(fleet: Fleet, playbooks: Playbooks, snapshot: Path) -> None:
    before = {name: fleet.started(name) for name in fleet}
    run = restore(playbooks, snapshot, "--check")
    assert run.rc == 0 and set(run.changed.values()) == {0}
    assert f"Snapshot: {snapshot}" in text(run) and re.search(
        r"Lost: what was written after .* \d+ revisions", text(run)
    )
    assert {name: fleet.started(name) for name in fleet} == before
    assert {fleet[name].check_output(UNTOUCHED) for name in fleet} == {""} and value(fleet) == "after"


def test_a_cluster_at_work_goes_back(fleet: Fleet, playbooks: Playbooks, snapshot: Path, probes: Probes) -> None:
    before = leases(fleet)
    with Ping(fleet, probes, "restore.yml, members at work") as ping, Writers(fleet, 120000, "restore.yml") as writers:
        run = restore(playbooks, snapshot)
    assert run.rc == 0 and "3 hosts, 3 healthy" in run.output
    assert leases(fleet) == before and value(fleet) == "before"
    assert sum(count.failed for count in writers.counts.values()) == 0 and ping.lost <= 1
    again = playbooks.site(variables={"etcd_backup": {"schedule": "*-01-01", "keep": 2}})
    assert again.rc == 0 and set(again.changed.values()) == {0}


def test_the_data_of_all_members_are_lost(fleet: Fleet, playbooks: Playbooks, snapshot: Path, probes: Probes) -> None:
    before = leases(fleet)
    with Ping(fleet, probes, "restore.yml, disks of all members lost") as ping:
        for name in fleet:
            fleet[name].check_output("systemctl stop etcd; rm -rf /var/lib/etcd/overlay")
        assert playbooks.site().rc != 0
        run = restore(playbooks, snapshot)
    assert run.rc == 0 and "3 hosts, 3 healthy" in run.output
    assert leases(fleet) == before and value(fleet) == "before" and ping.lost <= 1
    assert probes.unreachable() == []
    for name in fleet:
        assert (
            fleet[name].check_output("stat -c '%U %a' /var/lib/etcd/overlay /var/lib/etcd/overlay/member | sort -u")
            == "etcd 700"
        )


@pytest.mark.parametrize(
    "task",
    [
        "Restore it beside the data",
        "Keep the old data beside",
        "Name the old data",
        "Start flanneld anew",
        "Forget what was",
    ],
)
def test_a_run_that_was_killed_is_finished_by_the_next_one(
    fleet: Fleet, playbooks: Playbooks, snapshot: Path, task: str
) -> None:
    for name in fleet:
        fleet[name].check_output("rm -rf /var/lib/etcd/*.before-restore*")
    before = leases(fleet)
    fleet.etcdctl("put /overlay-test killed")
    variables = {"overlay_restore_snapshot": str(snapshot)}
    playbooks.killed("playbooks/restore.yml", task, variables=variables)
    if task == "Name the old data":
        refused = playbooks.site()
        assert refused.rc != 0 and "run restore.yml again with the same snapshot" in text(refused)
    run = restore(playbooks, snapshot)
    assert run.rc == 0 and "3 hosts, 3 healthy" in run.output
    assert leases(fleet) == before and value(fleet) == "before"
    kept = "ls -d /var/lib/etcd/*.before-restore*/member | wc -l; ls -d /var/lib/overlay-etcd/restore* /var/lib/etcd/overlay/overlay-restore* 2>/dev/null"
    assert {fleet[name].run(kept).stdout for name in fleet} == {"1\n/var/lib/overlay-etcd/restored\n"}


def test_the_timer_goes_when_nobody_wants_it(fleet: Fleet, playbooks: Playbooks) -> None:
    assert playbooks.site().rc == 0
    for name in fleet:
        assert fleet[name].run("systemctl list-unit-files --no-legend 'overlay-etcd-backup*'").stdout == ""
        assert fleet[name].check_output(f"ls {FOLDER}/*.db") != ""
    again = playbooks.site()
    assert again.rc == 0 and set(again.changed.values()) == {0}


# Lost for ever, as after a fire: nothing of etcd is left there, and the host is installed anew.
UNITS = "/etc/systemd/system/etcd.service* /etc/systemd/system/overlay-etcd-backup.*"
GONE = f"systemctl stop overlay-etcd-backup.timer etcd; rm -rf /var/lib/etcd/* /etc/etcd /var/lib/overlay-etcd {UNITS} && systemctl daemon-reload"
OLD = f"ls -d /var/lib/overlay-etcd/survivor {FOLDER}/.new* 2>/dev/null || :"


@pytest.fixture(scope="module")
def survivor(fleet: Fleet) -> str:
    """Two of three members are gone, and the third has been started since then: it answers no question."""
    fleet.etcdctl("put /overlay-test survived")
    *gone, survivor = fleet.names
    for name in gone:
        fleet[name].check_output(GONE)
    fleet[survivor].check_output("systemctl kill --signal KILL etcd; sleep 15")
    return survivor


def test_while_a_member_leads_there_is_no_survivor(fleet: Fleet, playbooks: Playbooks) -> None:
    run = playbooks.run("playbooks/backup.yml", variables={"overlay_backup_survivor": fleet.names[-1]})
    assert run.rc != 0 and "leads now, and a healthy member has all that was written" in text(run)


def test_a_cluster_without_a_majority_says_what_helps(playbooks: Playbooks, survivor: str) -> None:
    run = playbooks.run("playbooks/backup.yml")
    assert run.rc != 0 and "-e overlay_backup_survivor=NAME takes what one member has" in text(run)


def test_the_cluster_comes_back_from_its_last_member(
    fleet: Fleet, playbooks: Playbooks, survivor: str, tmp_path: Path, probes: Probes
) -> None:
    """Alone first; then the hosts that were installed anew join it."""
    before = leases(fleet)
    wish = {"overlay_backup_survivor": survivor, "overlay_backup_fetch": str(tmp_path)}
    run = playbooks.run("playbooks/backup.yml", variables=wish)
    assert run.rc == 0 and f"Lost: what the members that are gone have taken without {survivor}" in text(run)
    assert fleet[survivor].check_output(OLD) == ""
    snapshot = next(tmp_path.glob("*.db"))
    assert json.loads(Path(f"{snapshot}.json").read_text())["etcd_version"].startswith("3.")
    alone = playbooks.changed(etcd_on(survivor))
    with Ping(fleet, probes, "restore.yml from the last member") as ping:
        run = restore(alone, snapshot)
        assert run.rc == 0 and "3 hosts, 3 healthy" in run.output
        run = playbooks.site()
    assert run.rc == 0 and "3 hosts, 3 healthy" in run.output
    assert leases(fleet) == before and value(fleet) == "survived" and ping.lost <= 1
    again = playbooks.site()
    assert again.rc == 0 and set(again.changed.values()) == {0}
