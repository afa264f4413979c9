# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The action certificates with the real programs that take its certificates: etcd of each release, etcdctl, openssl, Python's ssl."""

from __future__ import annotations

import base64
import json
import re
import shutil
import ssl
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import pytest
import yaml
from etcd_server import FOLDERS, Etcd, folder_of
from modules import run_ansible

MEMBERS = ["node1", "node2"]
OPTIONS = {
    "members": [{"name": name, "names": [f"{name}.example"], "addresses": ["127.0.0.1"]} for name in MEMBERS],
    "clients": ["worker"],
}
VAULT = str(Path(sys.executable).parent / "ansible-vault")


class Pki:
    """The directory, and the action that keeps it, run as a user does it."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.path = folder / "pki"
        self.playbook = folder / "play.yml"
        self.printed = ""

    def run(self, *words: str, environ=None, **options):
        """The result of the action; all that was printed stays in `printed`."""
        result = self.folder / "result.json"
        tasks = [
            {
                "overlay.flannel.certificates": {"dir": str(self.path), **OPTIONS, **options},
                "register": "found",
                "ignore_errors": True,
            },
            {
                "ansible.builtin.copy": {"content": "{{ found | to_json }}", "dest": str(result), "mode": "0600"},
                "check_mode": False,
                "diff": False,
            },
        ]
        self.playbook.write_text(yaml.safe_dump([{"hosts": "all", "gather_facts": False, "tasks": tasks}]))
        done = run_ansible("ansible-playbook", "-vvv", "--diff", *words, str(self.playbook), environ=environ)
        self.printed = done.stdout + done.stderr
        assert done.returncode == 0, self.printed
        return json.loads(result.read_text())

    def works(self, *words: str, **options):
        found = self.run(*words, **options)
        assert not found.get("failed"), found
        return found

    def files(self):
        return {str(path.relative_to(self.path)): path.read_bytes() for path in self.path.rglob("*") if path.is_file()}

    def flags(self, stem: str, trust: str = "trust.crt") -> tuple[str, ...]:
        """For etcdctl."""
        return client_flags(self.path, stem, trust)


def client_flags(folder: Path, stem: str, trust: str = "trust.crt") -> tuple[str, ...]:
    return (f"--cert={folder}/{stem}.crt", f"--key={folder}/{stem}.key", f"--cacert={folder}/{trust}")


@pytest.fixture(scope="module")
def issued(tmp_path_factory):
    """Made once; who changes it takes a copy."""
    pki = Pki(tmp_path_factory.mktemp("issued"))
    pki.result = pki.works()
    return pki


@pytest.fixture
def pki(tmp_path, issued):
    shutil.copytree(issued.path, tmp_path / "pki")
    return Pki(tmp_path)


class Cluster:
    """Two members with TLS to clients and peers, which both have to show a certificate."""

    def __init__(self, version: str, pki: Pki, folder: Path):
        if not folder_of(version).is_dir():
            pytest.skip(f"no etcd {version}: {folder_of(version)} is made by tests/lab/lab prepare")
        self.members = [
            Etcd(
                version,
                folder / name,
                *self.options(pki.path, name),
                name=name,
                scheme="https",
                flags=pki.flags("users/root"),
            )
            for name in MEMBERS
        ]

    def options(self, folder: Path, name: str) -> list[str]:
        own = folder / "members" / name
        return [
            f"--cert-file={own}/server.crt",
            f"--key-file={own}/server.key",
            f"--trusted-ca-file={folder}/trust.crt",
            "--client-cert-auth",
            f"--peer-cert-file={own}/peer.crt",
            f"--peer-key-file={own}/peer.key",
            f"--peer-trusted-ca-file={folder}/peer-trust.crt",
            "--peer-client-cert-auth",
            "--bcrypt-cost=4",
        ]

    def start(self):
        for member in self.members:
            member.launch(self.members)
        for member in self.members:
            member.wait()
        return self

    def restart(self, flags: tuple[str, ...]):
        """One after the other: etcd reads authorities when it starts. With these flags, etcdctl asks whether it is healthy."""
        for member in self.members:
            member.stop()
            member.flags = flags
            member.launch(self.members, "existing")
            member.wait()

    def stop(self):
        for member in self.members:
            member.stop()


@pytest.fixture
def start_cluster(tmp_path):
    started = []

    def start(version, pki):
        started.append(Cluster(version, pki, tmp_path))
        return started[-1].start()

    yield start
    for cluster in started:
        cluster.stop()


def works(etcd: Etcd, flags: tuple[str, ...]) -> bool:
    """Whether etcdctl writes and reads with these files."""
    before, etcd.flags = etcd.flags, flags
    written = etcd.etcdctl("put", "/flannel/x", "1", check=False)
    read = etcd.etcdctl("get", "/flannel/x", "--print-value-only", check=False)
    etcd.flags = before
    assert (written.returncode == 0) == (read.stdout == "1\n"), (written, read)
    return written.returncode == 0


def refused(etcd: Etcd, flags: tuple[str, ...]) -> bool:
    """Whether TLS keeps etcdctl out. etcdctl tries again until its time is over and does not tell the cause, but the log of etcd does."""
    log, before = etcd.data.with_suffix(".log"), etcd.flags
    known, etcd.flags = len(log.read_text()), (*flags, "--command-timeout=2s")
    tried = [etcd.etcdctl(*words, check=False) for words in (["put", "/flannel/x", "2"], ["get", "/flannel/x"])]
    etcd.flags = before
    told = re.findall("rejected connection.*(?:tls|x509)", log.read_text()[known:])
    return all(one.returncode and not one.stdout for one in tried) and len(told) >= len(tried)


def context_of(folder: Path, stem: str = "", trust: str = "trust.crt") -> ssl.SSLContext:
    """As strict as Python 3.13 is by default."""
    context = ssl.create_default_context(cafile=str(folder / trust))
    context.verify_flags |= ssl.VERIFY_X509_STRICT
    if stem:
        context.load_cert_chain(folder / f"{stem}.crt", folder / f"{stem}.key")
    return context


def ask(url: str, context: ssl.SSLContext, body: dict | None = None):
    """Status and answer; ssl.SSLError or OSError where no answer comes."""
    data = None if body is None else json.dumps(body).encode()
    try:
        with urllib.request.urlopen(urllib.request.Request(url, data=data), context=context, timeout=10) as answer:
            return answer.status, json.loads(answer.read())
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def openssl(*words: str) -> str:
    done = subprocess.run(["openssl", *words], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize("version", FOLDERS)
def test_programs_of_each_release(version, issued, start_cluster):
    first, second = start_cluster(version, issued).members
    assert works(first, issued.flags("users/root"))
    assert works(second, issued.flags("clients/worker"))
    assert refused(first, (f"--cacert={issued.path}/trust.crt",))
    assert refused(first, issued.flags("members/node1/peer"))
    status, answer = ask(
        f"{first.url}/v3/kv/range", context_of(issued.path, "users/root"), {"key": encoded("/flannel/x")}
    )
    assert (status, answer["kvs"][0]["value"]) == (200, encoded("1"))
    with pytest.raises(OSError):
        ask(f"{first.url}/v3/kv/range", context_of(issued.path), {"key": encoded("/flannel/x")})


@pytest.mark.parametrize("version", FOLDERS)
def test_the_peer_port_is_for_members(version, issued, start_cluster):
    first = start_cluster(version, issued).members[0]
    trust = "peer-trust.crt"
    assert ask(f"{first.peer}/version", context_of(issued.path, "members/node2/peer", trust))[0] == 200
    for stem in ("clients/worker", "users/root", "members/node2/server", ""):
        with pytest.raises(OSError):
            ask(f"{first.peer}/version", context_of(issued.path, stem, trust))


@pytest.mark.parametrize("version", FOLDERS)
def test_the_gateway_is_no_user(version, issued, start_cluster):
    """It connects to etcd with the certificate of the server."""
    first = start_cluster(version, issued).members[0]
    for words in (["user", "add", "root", "--no-password"], ["user", "grant-role", "root", "root"], ["auth", "enable"]):
        first.etcdctl(*words)
    assert works(first, issued.flags("users/root"))
    assert not works(first, issued.flags("clients/worker"))
    for stem, status, words in (
        ("members/node1/server", 403, "permission denied"),
        ("users/root", 400, "CommonName of client sending a request against gateway will be ignored"),
    ):
        answer = ask(f"{first.url}/v3/kv/range", context_of(issued.path, stem), {"key": encoded("/flannel/x")})
        assert answer[0] == status and words in answer[1], answer


def encoded(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def test_openssl_accepts_all_of_them(issued):
    purposes = {"server": ("sslserver", "sslclient"), "peer": ("sslserver", "sslclient")}
    leaves = [path for path in issued.path.rglob("*.crt") if path.parent != issued.path]
    assert len(leaves) == 2 * len(MEMBERS) + 1 + 2
    for path in leaves:
        trust = issued.path / ("peer-trust.crt" if path.stem == "peer" else "trust.crt")
        for purpose in purposes.get(path.stem, ("sslclient",)):
            openssl("verify", "-x509_strict", "-purpose", purpose, "-CAfile", str(trust), str(path))
        if path.stem not in purposes:
            with pytest.raises(AssertionError, match="unsuitable certificate purpose"):
                openssl("verify", "-purpose", "sslserver", "-CAfile", str(trust), str(path))
        shown = openssl("x509", "-in", str(path), "-noout", "-text", "-nameopt", "RFC2253")
        assert "ASN1 OID: prime256v1" in shown
        serial = openssl("x509", "-in", str(path), "-noout", "-serial").partition("=")[2].strip()
        assert len(serial) > 30
    for path in (issued.path / "ca.crt", issued.path / "peer-ca.crt"):
        shown = openssl("x509", "-in", str(path), "-noout", "-text")
        assert re.search(r"Basic Constraints: critical\s+CA:TRUE, pathlen:0\s", shown)
        assert re.search(r"Key Usage: critical\s+Certificate Sign, CRL Sign\s", shown)


def test_modes(issued):
    assert issued.path.stat().st_mode & 0o777 == 0o700
    keys = [*issued.path.rglob("*.key")]
    assert len(keys) == 2 + 2 * len(MEMBERS) + 1 + 2
    assert {path.stat().st_mode & 0o777 for path in keys} == {0o600}
    assert "*.key" in (issued.path / ".gitignore").read_text().splitlines()


def test_no_key_is_printed(issued):
    printed = issued.printed + json.dumps(issued.result)
    for path in issued.path.rglob("*.key"):
        for line in path.read_text().splitlines()[1:-1]:
            assert line not in printed
    assert "PRIVATE KEY" not in printed
    assert "clients/worker.crt: CN=flannel" in printed


def test_a_second_run_changes_nothing(pki):
    before = pki.files()
    found = pki.works()
    assert (found["changed"], found["issued"], found["trusts_old"]) == (False, {}, False)
    assert pki.files() == before


def test_check_mode_writes_nothing(pki, tmp_path):
    before = pki.files()
    (pki.path / "clients/worker.crt").unlink()
    del before["clients/worker.crt"]
    found = pki.works("--check", rotate="trust")
    assert found["issued"] == {
        "clients/worker.crt": "missing",
        "ca.next.crt": "rotation",
        "peer-ca.next.crt": "rotation",
    }
    assert pki.files() == before
    empty = Pki(tmp_path / "empty")
    empty.folder.mkdir()
    found = empty.works("--check")
    assert found["changed"] and found["issued"]["ca.crt"] == "missing" and found["certificates"] == {}
    assert not empty.path.exists()


def test_an_address_that_is_added(pki):
    members = [{**OPTIONS["members"][0], "addresses": ["127.0.0.1", "192.0.2.7"]}, OPTIONS["members"][1]]
    found = pki.works(members=members)
    assert found["issued"] == dict.fromkeys(
        ("members/node1/server.crt", "members/node1/peer.crt"), "addresses changed: 192.0.2.7 added"
    )
    assert "192.0.2.7" in found["certificates"]["members/node1/peer.crt"]["names"]


def test_vault(tmp_path):
    pki, secret = Pki(tmp_path), tmp_path / "secret"
    secret.write_text("insgeheim\n")
    words = {"ANSIBLE_VAULT_PASSWORD_FILE": str(secret)}
    without = pki.run(encrypt=True)
    assert "the run has no vault secret" in without["msg"] and not pki.path.exists()
    pki.works(environ=words)  # plain at first
    found = pki.works(encrypt=True, environ=words)
    assert found["changed"] and found["issued"] == {}
    keys = [*pki.path.rglob("*.key")]
    assert {path.read_bytes()[:14] for path in keys} == {b"$ANSIBLE_VAULT"}
    assert {path.stat().st_mode & 0o777 for path in keys} == {0o600}
    (pki.path / "users/root.key").chmod(0o644)
    assert not pki.works(environ=words)["changed"]
    shown = subprocess.run([VAULT, "view", f"--vault-password-file={secret}", keys[0]], capture_output=True, check=True)
    assert shown.stdout.startswith(b"-----BEGIN PRIVATE KEY-----")
    refused = pki.run()
    assert "ca.key is encrypted by ansible-vault: the run has no vault secret" in refused["msg"]
    secret.write_text("anders\n")
    assert "no vault secret of the run opens it" in pki.run(environ=words)["msg"]


@pytest.fixture(scope="module")
def rotated(tmp_path_factory, issued):
    """The directory before a rotation and after each of its steps, by their names; each step is run twice."""
    pki, found = Pki(tmp_path_factory.mktemp("rotated")), {}
    shutil.copytree(issued.path, pki.path)
    shutil.copytree(pki.path, pki.folder / "old")
    for step in ("trust", "issue", "finish"):
        found[step] = pki.works(rotate=step)
        shutil.copytree(pki.path, pki.folder / step)
        assert not pki.works(rotate=step if step == "finish" else "")["changed"]
        assert ("a rotation is not finished" in pki.printed) == (step != "finish")
    return pki.folder, found


def test_steps_of_a_rotation(rotated):
    folder, found = rotated
    assert [found[step]["rotation"] for step in found] == ["trust", "issue", ""]
    assert [found[step]["trusts_old"] for step in found] == [True, True, False]
    assert set(found["trust"]["issued"]) == {"ca.next.crt", "peer-ca.next.crt"}
    assert set(found["issue"]["issued"].values()) == {"authority changed"}
    assert found["finish"]["issued"] == {}
    keys = {path.relative_to(folder / "old") for path in (folder / "old").rglob("*.key")}
    assert keys == {path.relative_to(folder / "finish") for path in (folder / "finish").rglob("*.key")}
    assert [key for key in keys if (folder / "old" / key).read_bytes() == (folder / "finish" / key).read_bytes()] == []


@pytest.mark.parametrize("version", FOLDERS)
def test_rotation_without_an_outage(version, rotated, tmp_path, start_cluster):
    """A host has the files of the last step that was rolled out to it; etcd reads authorities when it starts, the rest at each handshake."""
    folder, _found = rotated
    pki = Pki(tmp_path)
    now = {step: client_flags(folder / step, "clients/worker") for step in ("old", "trust", "issue", "finish")}

    def roll_out(step):
        shutil.copytree(folder / step, pki.path, dirs_exist_ok=True)

    roll_out("old")
    cluster = start_cluster(version, pki)
    first, second = cluster.members
    roll_out("trust")
    assert works(first, now["old"])
    cluster.restart(pki.flags("users/root"))
    assert works(first, now["old"]) and works(second, now["trust"])

    roll_out("issue")
    assert works(first, now["trust"]) and works(second, now["issue"])
    assert refused(first, now["old"])  # a host that has missed the first step
    cluster.restart(pki.flags("users/root"))
    assert works(first, now["trust"]) and works(second, now["issue"])

    roll_out("finish")
    cluster.restart(pki.flags("users/root"))
    assert works(first, now["finish"]) and works(second, now["issue"])  # the files of a host are the same in both
    assert refused(first, now["trust"]) and refused(first, now["old"])
    with pytest.raises(OSError):
        ask(f"{first.peer}/version", context_of(folder / "trust", "members/node2/peer", "../issue/peer-trust.crt"))
    assert ask(f"{first.peer}/version", context_of(pki.path, "members/node2/peer", "peer-trust.crt"))[0] == 200


def test_a_second_controller_is_refused(pki):
    holder = "import fcntl, os, sys, time; h = os.open(sys.argv[1], os.O_RDONLY); fcntl.flock(h, fcntl.LOCK_EX); print('held', flush=True); time.sleep(60)"
    with subprocess.Popen([sys.executable, "-c", holder, str(pki.path)], stdout=subprocess.PIPE) as process:
        try:
            process.stdout.readline()
            found = pki.run()
        finally:
            process.kill()
    assert "is held by another run for more than 30 s" in found["msg"] and "Fix: wait until" in found["msg"]
    assert not pki.works()["changed"]
