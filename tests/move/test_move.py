# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Three members of etcd that run by http, with flannel at work on them: to TLS, and to other authorities."""

from __future__ import annotations

import pytest
from fleet import Fleet
from labs import Lab
from writers import Writers

from playbooks import Playbooks, Run, etcd_on

NAMES = ("flannel-1", "flannel-2", "flannel-3")
WARNING = "etcd serves http, without users"
# A restart may take the leader away: an election takes a second and more.
ELECTION = 4000


@pytest.fixture(scope="module")
def plain(lab: Lab) -> tuple[Playbooks, Run]:
    """The fleet as somebody has founded it without TLS, and the run that did."""
    _fleet, playbooks = lab.up(["trixie", "trixie", "sid"])
    playbooks = playbooks.changed(etcd_on(*NAMES))
    return playbooks, playbooks.site(variables={"overlay_etcd_tls": False})


@pytest.fixture(scope="module")
def playbooks(plain: tuple[Playbooks, Run]) -> Playbooks:
    return plain[0]


@pytest.fixture(scope="module")
def fleet(playbooks: Playbooks) -> Fleet:
    return Fleet(playbooks.inventory)


def leases(fleet: Fleet) -> dict[str, str]:
    return {name: fleet.lease(name) for name in fleet}


def assert_undisturbed(writers: Writers) -> None:
    assert {name: count.failed for name, count in writers.counts.items()} == dict.fromkeys(NAMES, 0)
    assert [count for count in writers.counts.values() if count.done < 50 or count.longest > ELECTION] == []
    assert writers.lost_pings == 0


def test_without_tls_there_is_one_loud_warning(plain: tuple[Playbooks, Run]) -> None:
    run = plain[1]
    assert run.rc == 0 and " ".join(run.output.split()).count(WARNING) == 1


def test_a_cluster_without_tls_stays_as_it_is(playbooks: Playbooks, fleet: Fleet) -> None:
    """Nobody has said anything about TLS: it is the default for new clusters only."""
    before = {name: fleet.started(name) for name in fleet}
    run = playbooks.site()
    assert run.rc == 0 and run.changed == dict.fromkeys(NAMES, 0)
    assert " ".join(run.output.split()).count(WARNING) == 1
    assert {name: fleet.started(name) for name in fleet} == before


def test_to_tls_in_a_run_that_is_killed_and_one_that_ends(playbooks: Playbooks, fleet: Fleet) -> None:
    before = leases(fleet)
    tls = {"overlay_etcd_tls": True}
    with Writers(fleet, ELECTION, "http to https, in a run that is killed and one that ends") as writers:
        playbooks.killed_site("Let the cluster know the member's new URL", variables=tls)
        run = playbooks.site(variables=tls)
    assert run.rc == 0 and "3 hosts, 3 healthy" in run.output and WARNING not in run.output
    assert_undisturbed(writers)
    assert leases(fleet) == before
    for name in fleet:
        sockets = fleet[name].check_output("ss -Hltn '( sport >= 2379 and sport <= 2382 )' | awk '{print $4}'").split()
        address = fleet.address(name)
        assert sorted(sockets) == sorted([f"{address}:2379", f"{address}:2380", "127.0.0.1:2379"])
    again = playbooks.site()
    assert again.rc == 0 and again.changed == dict.fromkeys(NAMES, 0)


def test_nobody_reads_or_writes_without_a_certificate(fleet: Fleet) -> None:
    url = fleet.endpoint(fleet.first)
    for options in (f"--endpoints={url.replace('https', 'http')}", f"--endpoints={url} --insecure-skip-tls-verify"):
        for words in ("get /flannel/network/config", "put /flannel/network/config x"):
            done = fleet[fleet.names[-1]].run(f"etcdctl --command-timeout=3s {options} {words}")
            assert done.rc != 0 and "10.20.0.0" not in done.stdout


def test_other_authorities(playbooks: Playbooks, fleet: Fleet) -> None:
    """Whoever has copied a key can do nothing with it afterwards."""
    before, first = leases(fleet), fleet[fleet.first]
    first.check_output("rm -rf /root/stolen && cp -a /etc/etcd/pki /root/stolen")
    with Writers(fleet, ELECTION, "other authorities") as writers:
        run = playbooks.run("playbooks/certificates.yml", variables={"overlay_pki_rotate": "all"})
    assert run.rc == 0 and "3 hosts, 3 healthy" in run.output
    assert_undisturbed(writers)
    assert leases(fleet) == before
    assert "10.20.0.0" in fleet.etcdctl("get /flannel/network/config")
    stolen = "--cert=/root/stolen/root.crt --key=/root/stolen/root.key --cacert=/etc/etcd/pki/ca.crt"
    done = first.run(
        f"etcdctl --command-timeout=3s --endpoints={fleet.endpoint(fleet.first)} {stolen} get /flannel/network/config"
    )
    assert done.rc != 0 and "10.20.0.0" not in done.stdout
    for name in NAMES:
        for path in ("/etc/etcd/pki/ca.crt", "/etc/etcd/pki/peer-ca.crt", "/etc/flannel/pki/ca.crt"):
            assert fleet[name].check_output(f"grep -c BEGIN {path}") == "1"
    again = playbooks.site()
    assert again.rc == 0 and again.changed == dict.fromkeys(NAMES, 0)


def test_another_directory_is_refused_before_anything_is_made(playbooks: Playbooks, fleet: Fleet) -> None:
    elsewhere = playbooks.folder / "elsewhere"
    before = {name: fleet.started(name) for name in fleet}
    run = playbooks.site(variables={"overlay_pki_dir": str(elsewhere)})
    said = " ".join(run.output.split())
    assert run.rc != 0 and f"(overlay_pki_dir) = {elsewhere}, whose trust.crt has none of the authorities in" in said
    assert not elsewhere.exists()
    assert {name: fleet.started(name) for name in fleet} == before
