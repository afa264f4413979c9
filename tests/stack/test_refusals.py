# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bad input is refused before anything is touched, with host, variable, value, allowed values and fix."""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import json
import subprocess
import tarfile
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, Callable, Iterator, Mapping

import pytest
from fleet import Fleet

from playbooks import AT_ONCE, Change, Playbooks, Run, chosen, etcd_on

LOOKING = frozenset({"overlay.flannel.host_info"})
ASKING = frozenset({"ansible.builtin.uri"})
# An archive is fetched to the controller, and checked there.
FETCHING = frozenset({"ansible.builtin.file", "ansible.builtin.get_url"})
# How flannel reaches an etcd that is said to be somebody else's
CERTIFICATES = {f"overlay_etcd_{name}": f"{{{name}}}" for name in ("ca_cert", "client_cert", "client_key")}
# Where one host is enough to see it, a run with all of them would take twice as long.
ONE_HOST = ("--limit", "{first name}")


@dataclasses.dataclass(frozen=True)
class Case:
    """A run that only looks. In all of it {first}, {hosts}, {device} and so on are those of the fleet.

    `files` makes files on the controller, of the programs that the fleet runs, and gives the variables that name them.
    """

    words: tuple[str, ...]
    variables: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    inventory: Callable[[Fleet], Change] | None = None
    arguments: tuple[str, ...] = ONE_HOST
    files: Callable[[Path, Mapping[str, bytes]], dict[str, Any]] | None = None
    also: frozenset[str] = frozenset()


def network(**changes: Any) -> dict[str, Any]:
    """The usual network with some fields changed."""
    usual = {"Network": "10.20.0.0/16", "SubnetLen": 24, "Backend": {"Type": "vxlan"}}
    return {"overlay_network": {**usual, **changes}}


def of_the_second(variable: str) -> Callable[[Fleet], Change]:
    """A variable that only one host has."""
    return lambda fleet: lambda hosts: hosts["hosts"][fleet.names[1]].update({variable: "/other"})


def pack(archive: Path, programs: Mapping[str, bytes]) -> str:
    """Write a release archive and give its checksum."""
    for name, content in programs.items():
        (archive.parent / name).write_bytes(content)
    with tarfile.open(archive, "w:gz", compresslevel=0) as tar:
        for name in programs:
            tar.add(archive.parent / name, name)
    return hashlib.sha256(archive.read_bytes()).hexdigest()


API = "https://api.github.com/repos/flannel-io/flannel/releases/tags"
DOWNLOADS = "https://github.com/flannel-io/flannel/releases/download"


def release(folder: Path, programs: Mapping[str, bytes]) -> dict[str, Any]:
    """A release with the programs that the fleet has, as GitHub tells about it, in files instead of at its address."""
    archive = folder / "flannel-v0.28.10-linux-amd64.tar.gz"
    digest = f"sha256:{pack(archive, programs)}"
    assets = [{"name": "flannel-v0.28.10-linux-arm.tar.gz", "digest": None}, {"name": archive.name, "digest": digest}]
    (folder / "v0.28.10").write_text(json.dumps({"tag_name": "v0.28.10", "assets": assets}))
    return {
        "flannel_install_method": "archive",
        "flannel_version": "0.28.10",
        "flannel_cache_dir": str(folder / "cache"),
        "_release_mirrors": {
            **{f"{API}/v{version}": f"file://{folder}/v{version}" for version in ("0.28.10", "0.28.777")},
            f"{DOWNLOADS}/v0.28.10/{archive.name}": f"file://{archive}",
        },
    }


def replaced(folder: Path, programs: Mapping[str, bytes]) -> dict[str, Any]:
    """A release whose archive is another one than it has told: what it has told first holds, whatever it tells later."""
    variables = release(folder, programs)
    (folder / "cache").mkdir()
    (folder / "v0.28.10").rename(folder / "cache/flannel-0.28.10.json")
    archive = folder / "flannel-v0.28.10-linux-amd64.tar.gz"
    archive.write_bytes(archive.read_bytes() + b"more")
    return variables


def untold(folder: Path, programs: Mapping[str, bytes], answer: str) -> dict[str, Any]:
    """A release of which nothing is told, or nothing that can be read."""
    if answer:
        (folder / "v0.28.777").write_text(answer)
    return {**release(folder, programs), "flannel_version": "0.28.777"}


def mistaken(folder: Path, programs: Mapping[str, bytes]) -> dict[str, Any]:
    """An archive with another checksum than the variable says."""
    pack(folder / "flannel.tar.gz", {"flanneld": b""})
    return {
        "flannel_install_method": "archive",
        "flannel_archive_url": f"file://{folder}/flannel.tar.gz",
        "flannel_archive_checksum": "sha256:" + "0" * 64,
    }


def archived(files: Callable[[Path, Mapping[str, bytes]], dict[str, Any]], *words: str) -> Case:
    """An archive that cannot be taken."""
    return Case(words, files=files, also=FETCHING)


UNTOLD = ("flannel_archive_checksum", "0.28.777", "amd64", "does not have")
# Root of the host becomes somebody else: that is how a host without become looks.
SOMEBODY = {
    "ansible_become": True,
    "ansible_become_method": "su",
    "ansible_become_user": "daemon",
    "ansible_become_flags": "-s /bin/sh",
}
REFUSED = {
    "no root": Case(("become = false (user 1 on the host)", "ansible_become: true"), SOMEBODY),
    "no root in a dry run": Case(("become = false",), SOMEBODY, arguments=("--check", *ONE_HOST)),
    "network too small": Case(("Network = 10.20.0.0/30", "a length of 28 or less"), network(Network="10.20.0.0/30")),
    "network on the hosts' own": Case(("overlaps with {first}/24 on {device}",), network(Network="{hosts}/16")),
    "etcd without v2": Case(
        ("0.17.0", "v2"), {"flannel_version": "0.17.0", "etcd_install_method": "archive", "etcd_version": "3.6.14"}
    ),
    "etcd that skips a version": Case(("etcd_version = 3.9.0", "because the cluster runs"), {"etcd_version": "3.9.0"}),
    "etcd of an older version": Case(("etcd_version = 3.5.33", "because the cluster runs"), {"etcd_version": "3.5.33"}),
    # Asked before anything else: the modules would need etcdctl, which a bare host has not.
    "etcd of somebody else without v2": Case(
        ("{first}:2379", "0.17.0", "v2"),
        {"flannel_version": "0.17.0", "overlay_etcd_endpoints": ["{endpoint}"], **CERTIFICATES},
        inventory=lambda fleet: etcd_on(),
        also=ASKING,
    ),
    "batches of no size": Case(
        ("{first name}: overlay_batch = half", "a percentage", "Fix: "), {"overlay_batch": "half"}
    ),
    "interface missing": Case(("eth7", "{device}"), {"overlay_interface": "eth7"}),
    "endpoint no URL": Case(("flannel_etcd_endpoints", "http"), {"overlay_etcd_endpoints": ["{hosts}"]}),
    "endpoints empty": Case(("flannel_etcd_endpoints",), {"overlay_etcd_endpoints": []}),
    "same address twice": Case(
        ("{first name}: flannel_address", "{second name}: flannel_address", "{first}", "flannel_public_ip"),
        {"flannel_public_ip": "{first}"},
        arguments=(),
    ),
    "group etcd empty": Case(("group etcd = []", "overlay_etcd_endpoints"), inventory=lambda fleet: etcd_on()),
    "even number of members is a warning, checksum of another form": Case(
        ("even", "etcd_members", "flannel_archive_checksum", "sha256"),
        {"flannel_install_method": "archive", "flannel_archive_checksum": "md5:0"},
        inventory=lambda fleet: etcd_on(*fleet.names[:2]),
        arguments=(),
        also=ASKING,
    ),
    "variable that would not be seen": Case(
        ("{second name}: ", "sets flannel_etcd_prefix:", "overlay_"),
        inventory=of_the_second("flannel_etcd_prefix"),
        arguments=(),
    ),
    "hosts of two overlays": Case(
        ("{second name}: overlay_prefix = another value than on {first name}",),
        inventory=of_the_second("overlay_prefix"),
        arguments=(),
    ),
    "limit that leaves etcd out": Case(("{first name}", "--limit"), arguments=("--limit", "{second name}")),
    "wrong checksum": archived(mistaken, "flannel_archive_checksum", "0" * 64),
    "archive that was replaced": archived(replaced, "flannel_archive_checksum"),
    "release that tells no checksum": archived(functools.partial(untold, answer=""), *UNTOLD),
    "release behind a portal": archived(functools.partial(untold, answer="<html>\n{sign in}\n</html>"), *UNTOLD),
}
# These have assertions of their own.
OTHERS = {
    "dead endpoint": Case((), {"overlay_etcd_endpoints": ["http://{nobody}:2379"]}),
    "checksum that the release tells": Case((), arguments=("--skip-tags", "verify", *ONE_HOST), files=release),
}


def fill(value: Any, places: Mapping[str, str]) -> Any:
    """Put names and addresses of the fleet into a case."""
    if isinstance(value, dict):
        return {key: fill(item, places) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [fill(item, places) for item in value]
    if isinstance(value, str):
        for name, text in places.items():
            value = value.replace("{" + name + "}", text)
    return value


@pytest.fixture(scope="module")
def places(fleet: Fleet) -> dict[str, str]:
    first = fleet.address(fleet.first)
    net = first.rsplit(".", 1)[0]
    names = {"first name": fleet.first, "second name": fleet.names[1], "endpoint": fleet.endpoint(fleet.first)}
    files = {
        name: str(fleet.external.get(f"overlay_etcd_{name}", "")) for name in ("ca_cert", "client_cert", "client_key")
    }
    return {
        "first": first,
        "hosts": f"{net}.0",
        "nobody": f"{net}.250",
        "device": fleet.device(fleet.first),
        **names,
        **files,
    }


@pytest.fixture(scope="module")
def programs(fleet: Fleet, inventory: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """flannel's programs, as the fleet runs them."""
    folder = tmp_path_factory.mktemp("programs")
    for name in ("flanneld", "mk-docker-opts.sh"):
        words = f"src=/usr/local/bin/{name} dest={folder}/ flat=true"
        fetch = ["ansible", fleet.first, "-i", str(inventory), "-m", "ansible.builtin.fetch", "-a", words]
        subprocess.run([*fetch, "-e", "ansible_become=false"], check=True, capture_output=True)
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.fixture(scope="module")
def runs(
    request: pytest.FixtureRequest,
    fleet: Fleet,
    playbooks: Playbooks,
    places: dict[str, str],
    programs: dict[str, bytes],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[dict[str, tuple[Future[Run], Path]]]:
    """All runs that change nothing, a few at a time, each with its folder on the controller."""
    with ThreadPoolExecutor(AT_ONCE) as pool:
        started = {}
        for name in chosen(request):
            case = {**REFUSED, **OTHERS}[name]
            folder = tmp_path_factory.mktemp("case")
            where = playbooks.changed(case.inventory(fleet)) if case.inventory else playbooks
            variables = {**fill(dict(case.variables), places), **(case.files(folder, programs) if case.files else {})}
            run = functools.partial(where.unheard, "site.yml", *fill(case.arguments, places), variables=variables)
            started[name] = pool.submit(run), folder
        yield started


def assert_refused(run: Run, words: list[str], fleet: Fleet, also: frozenset[str] = frozenset()) -> None:
    """The run failed on looks alone, and its message holds every word and the name of a host."""
    print(run.output)
    assert run.rc != 0
    assert {module for modules in run.modules.values() for module in modules} <= LOOKING | also
    said = " ".join(run.output.split())
    assert any(f"{name}: " in said for name in fleet)
    assert [word for word in words if word not in said] == []


@pytest.mark.parametrize("case", REFUSED)
def test_refused(case: str, fleet: Fleet, places: dict[str, str], runs: dict[str, tuple[Future[Run], Path]]) -> None:
    run, _folder = runs[case]
    assert_refused(run.result(), fill(REFUSED[case].words, places), fleet, REFUSED[case].also)


@pytest.mark.parametrize("case", ["dead endpoint"])
def test_endpoint_that_does_not_answer(
    case: str, places: dict[str, str], runs: dict[str, tuple[Future[Run], Path]]
) -> None:
    run = runs[case][0].result()
    print(run.output)
    assert run.rc != 0
    assert f"http://{places['nobody']}:2379" in run.output
    assert "timeout" in run.output.lower() or "timed out" in run.output.lower() or "no route" in run.output.lower()


@pytest.mark.parametrize("case", ["checksum that the release tells"])
def test_checksum_that_the_release_tells(case: str, runs: dict[str, tuple[Future[Run], Path]]) -> None:
    """The programs in the archive are those that run, so all of it ends without a change."""
    run, folder = runs[case]
    print(run.result().output)
    assert run.result().rc == 0
    assert set(run.result().changed.values()) == {0}
    assert list(folder.glob("cache/flannel-0.28.10-amd64-*/flanneld")) != []


@pytest.fixture
def refused(fleet: Fleet, playbooks: Playbooks, places: dict[str, str]) -> Callable[..., None]:
    """Assert that a run with the first host alone is refused with these words and the host's name."""

    def run(*words: str, **variables: Any) -> None:
        assert_refused(playbooks.site(*fill(ONE_HOST, places), variables=variables), [fleet.first, *words], fleet)

    return run


@pytest.fixture
def daemon_json(fleet: Fleet) -> Iterator[Callable[[str], None]]:
    """Write docker's configuration file on the first host, and take it away again."""
    host = fleet[fleet.first]

    def write(text: str) -> None:
        host.check_output(f"printf '%s' '{text}' > /etc/docker/daemon.json")

    host.check_output("mkdir -p /etc/docker")
    yield write
    host.check_output("rm /etc/docker/daemon.json")


def test_daemon_json_that_is_no_json(refused: Callable[..., None], daemon_json: Callable[[str], None]) -> None:
    daemon_json('{"mtu": 1400')
    refused("/etc/docker/daemon.json", "JSON")


def test_daemon_json_that_clashes(refused: Callable[..., None], daemon_json: Callable[[str], None]) -> None:
    daemon_json('{"bip": "10.99.0.1/24", "mtu": 1400}')
    refused("/etc/docker/daemon.json", "bip", "10.99.0.1/24", "mtu")


def test_network_of_docker(fleet: Fleet, refused: Callable[..., None]) -> None:
    host = fleet[fleet.first]
    host.check_output("docker network create --subnet 10.77.1.0/24 other")
    try:
        refused("10.77.0.0/16", "10.77.1.0/24", **network(Network="10.77.0.0/16"))
    finally:
        host.check_output("docker network rm other")
