# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bad input is refused before anything is touched, with host, variable, value, allowed values and fix."""

from __future__ import annotations

import hashlib
import json
import subprocess
import tarfile
from pathlib import Path
from typing import Any, Iterator

import pytest
from fleet import Fleet

from playbooks import Playbooks, Run


def network(**changes: Any) -> dict[str, Any]:
    """The usual network with some fields changed."""
    usual = {"Network": "10.20.0.0/16", "SubnetLen": 24, "Backend": {"Type": "vxlan"}}
    return {"overlay_network": {**usual, **changes}}


REFUSED = {
    "network_too_small": (network(Network="10.20.0.0/30"), ["Network = 10.20.0.0/30", "a length of 28 or less"]),
    "network_on_the_hosts_own": (network(Network="{hosts}/16"), ["overlaps with {first}/24 on {device}"]),
    "etcd_without_v2": (
        {"flannel_version": "0.17.0", "etcd_install_method": "archive", "etcd_version": "3.6.14"},
        ["0.17.0", "v2"],
    ),
    "interface_missing": ({"overlay_interface": "eth7"}, ["eth7", "{device}"]),
    "endpoint_no_url": ({"overlay_etcd_endpoints": ["{hosts}"]}, ["flannel_etcd_endpoints", "http"]),
    "endpoints_empty": ({"overlay_etcd_endpoints": []}, ["flannel_etcd_endpoints"]),
    "same_address_twice": ({"flannel_public_ip": "{first}"}, ["{first}", "flannel_public_ip"]),
}


LOOKING = frozenset({"overlay.flannel.host_info"})
ASKING = frozenset({"ansible.builtin.uri"})
# An archive is fetched to the controller, and checked there.
FETCHING = frozenset({"ansible.builtin.file", "ansible.builtin.get_url"})


def assert_refused(run: Run, words: list[str], fleet: Fleet, also: frozenset[str] = frozenset()) -> None:
    """The run failed on looks alone, and its message holds every word and the name of a host."""
    assert run.rc != 0
    assert {module for modules in run.modules.values() for module in modules} <= LOOKING | also
    said = " ".join(run.output.split())
    assert any(f"{name}: " in said for name in fleet)
    assert [word for word in words if word not in said] == []


@pytest.mark.parametrize("case", REFUSED)
def test_variables(case: str, fleet: Fleet, playbooks: Playbooks) -> None:
    first = fleet.address(fleet.first)
    places = {"{first}": first, "{hosts}": first.rsplit(".", 1)[0] + ".0", "{device}": fleet.device(fleet.first)}
    variables, words = REFUSED[case]
    run = playbooks.site(variables=fill(variables, places))
    assert_refused(run, fill(words, places), fleet)


def fill(value: Any, places: dict[str, str]) -> Any:
    """Put addresses of the fleet into a case."""
    if isinstance(value, dict):
        return {key: fill(item, places) for key, item in value.items()}
    if isinstance(value, list):
        return [fill(item, places) for item in value]
    if isinstance(value, str):
        for name, text in places.items():
            value = value.replace(name, text)
    return value


@pytest.fixture
def daemon_json(fleet: Fleet) -> Iterator[Any]:
    """Write docker's configuration file on the last host, and take it away again."""
    host = fleet[fleet.names[-1]]

    def write(text: str) -> None:
        host.check_output(f"printf '%s' '{text}' > /etc/docker/daemon.json")

    host.check_output("mkdir -p /etc/docker")
    yield write
    host.check_output("rm /etc/docker/daemon.json")


def test_daemon_json_that_is_no_json(fleet: Fleet, playbooks: Playbooks, daemon_json: Any) -> None:
    daemon_json('{"mtu": 1400')
    assert_refused(playbooks.site(), ["/etc/docker/daemon.json", fleet.names[-1], "JSON"], fleet)


def test_daemon_json_that_clashes(fleet: Fleet, playbooks: Playbooks, daemon_json: Any) -> None:
    daemon_json('{"bip": "10.99.0.1/24", "mtu": 1400}')
    assert_refused(playbooks.site(), ["/etc/docker/daemon.json", "bip", "10.99.0.1/24", "mtu"], fleet)


def test_endpoint_that_does_not_answer(fleet: Fleet, playbooks: Playbooks) -> None:
    dead = fleet.address(fleet.first).rsplit(".", 1)[0] + ".250"
    run = playbooks.site(variables={"overlay_etcd_endpoints": [f"http://{dead}:2379"]})
    assert run.rc != 0
    assert f"http://{dead}:2379" in run.output
    assert "timeout" in run.output.lower() or "timed out" in run.output.lower() or "no route" in run.output.lower()


def test_empty_etcd_group(fleet: Fleet, other_etcd: Any) -> None:
    assert_refused(other_etcd().site(), ["group etcd = []", "overlay_etcd_endpoints"], fleet)


def test_even_number_of_members_is_a_warning_and_a_checksum_of_another_form_refused(
    fleet: Fleet, other_etcd: Any
) -> None:
    variables = {"flannel_install_method": "archive", "flannel_archive_checksum": "md5:0"}
    run = other_etcd(*fleet.names[:2]).site(variables=variables)
    assert_refused(run, ["even", "etcd_members", "flannel_archive_checksum", "sha256"], fleet, also=ASKING)


@pytest.mark.parametrize(
    ("variable", "words"),
    [
        ("flannel_etcd_prefix", ["sets flannel_etcd_prefix:", "overlay_"]),
        ("overlay_prefix", ["overlay_prefix = another value than on {first}"]),
    ],
    ids=["would not be seen", "another overlay"],
)
def test_variable_of_one_host(variable: str, words: list[str], changed_inventory: Any, fleet: Fleet) -> None:
    def change(hosts: dict[str, Any]) -> None:
        hosts["hosts"][fleet.names[1]][variable] = "/other"

    run = changed_inventory(change).site()
    assert_refused(run, fill([f"{fleet.names[1]}: ", *words], {"{first}": fleet.first}), fleet)


def test_limit_that_leaves_etcd_out(fleet: Fleet, playbooks: Playbooks) -> None:
    run = playbooks.site("--limit", fleet.names[1])
    assert run.rc != 0
    assert {module for modules in run.modules.values() for module in modules} == {"overlay.flannel.host_info"}
    assert fleet.first in run.output and "--limit" in run.output


def test_wrong_checksum(fleet: Fleet, playbooks: Playbooks, tmp_path: Path) -> None:
    archive = tmp_path / "flannel.tar.gz"
    with tarfile.open(archive, "w:gz") as tar:
        tar.add(__file__, "flanneld")
    run = playbooks.site(
        variables={
            "flannel_install_method": "archive",
            "flannel_archive_url": f"file://{archive}",
            "flannel_archive_checksum": "sha256:" + "0" * 64,
        }
    )
    assert_refused(run, ["flannel_archive_checksum", "0" * 64], fleet, also=FETCHING)


@pytest.fixture(scope="module")
def programs(fleet: Fleet, inventory: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """flannel's programs, as the fleet runs them."""
    folder = tmp_path_factory.mktemp("programs")
    for name in ("flanneld", "mk-docker-opts.sh"):
        words = f"src=/usr/local/bin/{name} dest={folder}/ flat=true"
        fetch = ["ansible", fleet.first, "-i", str(inventory), "-m", "ansible.builtin.fetch", "-a", words]
        subprocess.run([*fetch, "-e", "ansible_become=false"], check=True, capture_output=True)
    return {path.name: path for path in folder.iterdir()}


@pytest.fixture
def release(programs: dict[str, Path], tmp_path: Path) -> dict[str, Any]:
    """A release with the programs that the fleet has, as GitHub tells about it, in files instead of at its address."""
    archive = tmp_path / "flannel-v0.28.10-linux-amd64.tar.gz"
    with tarfile.open(archive, "w:gz", compresslevel=1) as tar:
        for name, path in programs.items():
            tar.add(path, name)
    digest = f"sha256:{hashlib.sha256(archive.read_bytes()).hexdigest()}"
    assets = [{"name": "flannel-v0.28.10-linux-arm.tar.gz", "digest": None}, {"name": archive.name, "digest": digest}]
    (tmp_path / "v0.28.10").write_text(json.dumps({"tag_name": "v0.28.10", "assets": assets}))
    return {
        "flannel_install_method": "archive",
        "flannel_version": "0.28.10",
        "flannel_cache_dir": str(tmp_path / "cache"),
        "__flannel_release_api": f"file://{tmp_path}",
        "__flannel_url": f"file://{archive}",
    }


def test_checksum_that_the_release_tells(fleet: Fleet, playbooks: Playbooks, release: dict[str, Any]) -> None:
    """The programs in the archive are those that run, so all of it ends without a change."""
    run = playbooks.site("--skip-tags", "verify", "--limit", fleet.first, variables=release)
    assert run.rc == 0
    assert set(run.changed.values()) == {0}
    assert list(Path(release["flannel_cache_dir"]).glob("flannel-0.28.10-amd64-*/flanneld")) != []


def test_archive_that_was_replaced(fleet: Fleet, playbooks: Playbooks, release: dict[str, Any], tmp_path: Path) -> None:
    """What the release has told first holds, whatever it tells later."""
    cache = Path(release["flannel_cache_dir"])
    cache.mkdir()
    (tmp_path / "v0.28.10").rename(cache / "flannel-0.28.10.json")
    archive = Path(release["__flannel_url"].removeprefix("file://"))
    archive.write_bytes(archive.read_bytes() + b"more")
    assert_refused(playbooks.site(variables=release), ["flannel_archive_checksum"], fleet, also=FETCHING)


@pytest.mark.parametrize("answer", ["", "<html>\n{sign in}\n</html>"], ids=["none", "page of a portal"])
def test_release_that_tells_no_checksum(
    fleet: Fleet, playbooks: Playbooks, release: dict[str, Any], tmp_path: Path, answer: str
) -> None:
    if answer:
        (tmp_path / "v0.28.777").write_text(answer)
    run = playbooks.site(variables={**release, "flannel_version": "0.28.777"})
    assert_refused(run, ["flannel_archive_checksum", "0.28.777", "amd64", "does not tell"], fleet, also=FETCHING)


def test_network_of_docker(fleet: Fleet, playbooks: Playbooks) -> None:
    host = fleet[fleet.names[-1]]
    host.check_output("docker network create --subnet 10.77.1.0/24 other")
    try:
        assert_refused(
            playbooks.site(variables=network(Network="10.77.0.0/16")), ["10.77.0.0/16", "10.77.1.0/24"], fleet
        )
    finally:
        host.check_output("docker network rm other")
