# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The directory on a real disk, with runs that are killed at each of their writes."""

from __future__ import annotations

import fcntl
import os
import shutil
import time

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from ansible_collections.overlay.flannel.plugins.plugin_utils import pki_issue, pki_report, pki_wanted
from ansible_collections.overlay.flannel.plugins.plugin_utils.pki_directory import Busy, Directory
from ansible_collections.overlay.flannel.plugins.plugin_utils.pki_model import DAY, ORGANISATION, Settings
from ansible_collections.overlay.flannel.plugins.plugin_utils.pki_plan import plan

ARGUMENTS = {
    "members": [{"name": "a", "names": ["a.example"], "addresses": ["192.0.2.1", "2001:db8::1"]}],
    "clients": ["b"],
    "client_user": "flannel",
    "users": ["root"],
}
LEAVES = pki_wanted.wanted_leaves(ARGUMENTS)
HEADER = b"$ANSIBLE_VAULT;1.1;AES256\n"


class Killed(Exception):
    pass


class Vault:
    """Turns the bytes around."""

    def decrypt(self, content):
        return content[len(HEADER) :][::-1]

    def encrypt(self, content):
        return HEADER + content[::-1]


class Mortal(Directory):
    """Killed before its n-th rename."""

    left = None

    def rename(self, old, new):
        if self.left is not None:
            self.left -= 1
            if self.left < 0:
                raise Killed
        super().rename(old, new)


def settings_of(path, rotate="", **changed):
    return Settings(**{"folder": str(path), "now": time.time(), "rotate": rotate, "vault": True, **changed})


def run(path, rotate="", die=None, leaves=LEAVES, **changed):
    """One run; None where it was killed."""
    directory, settings = Mortal(str(path), Vault()), settings_of(path, rotate, **changed)
    directory.left = die
    directory.create()
    with directory.locked():
        done = plan(leaves, directory.read(settings.encrypt), settings)
        assert done.refusals == [], done.refusals
        try:
            directory.apply(done, settings) if done.changed else None
        except Killed:
            return None
    return done


def files(path):
    return {str(file.relative_to(path)): file.read_bytes() for file in path.rglob("*") if file.is_file()}


def assert_complete(path, encrypt=False):
    found = Directory(str(path), Vault()).read(encrypt)
    assert found.refusals == [] and found.unusable == {}
    for leaf in LEAVES:
        certificate, key = found.certificate(leaf.stem), found.key(leaf.stem)
        assert certificate.key == key.public and key.encrypted == encrypt
        assert certificate.signer == found.certificate(leaf.authority).digest
    assert not [name for name in files(path) if ".tmp-" in name or ".next" in name]


STEPS = ("trust", "issue", "finish")


def trusted(path):
    return len(Directory(str(path), Vault()).read(False).certificates["trust.crt"])


@pytest.fixture(autouse=True)
def no_wait_for_the_disk(monkeypatch):
    monkeypatch.setattr(os, "fsync", lambda handle: None)


@pytest.mark.parametrize(
    ("again", "encrypt"),
    [
        ("the same step", False),
        ("the same step", True),
        ("a run without a step first", False),
        ("all steps from the first", False),
    ],
)
def test_killed_at_any_write(tmp_path, again, encrypt):
    """The first run, and each step of a rotation; what comes after the kill ends as it would have without."""
    before, kills = tmp_path / "before", []
    for step in ("", *STEPS):
        for die in range(100):
            path = tmp_path / f"{step}{die}"
            shutil.copytree(before, path) if before.exists() else None
            if run(path, step, die, encrypt=encrypt) is not None:
                break
            kills.append(step)
            if again == "a run without a step first":
                run(path, encrypt=encrypt)
            following = STEPS if step and again == "all steps from the first" else [step]
            for each in following:
                run(path, each, encrypt=encrypt)
            assert not run(path, following[-1], encrypt=encrypt).changed
            assert trusted(path) == (2 if following[-1] in ("trust", "issue") else 1)
            if following[-1] in ("", "finish"):
                assert_complete(path, encrypt)
        before = path
    assert {step: kills.count(step) for step in kills} == {
        "": 6 + 2 * len(LEAVES) + (not encrypt),  # authorities and trust, key and certificate of each leaf, .gitignore
        "trust": 6,
        "issue": 4 + 2 * len(LEAVES),
        "finish": 2,
    }


def test_a_rotation_makes_every_key_and_authority_anew(tmp_path):
    run(tmp_path / "pki")
    before = files(tmp_path / "pki")
    for step in ("trust", "issue", "finish"):
        run(tmp_path / "pki", step)
    after = files(tmp_path / "pki")
    assert set(after) == set(before)
    assert [name for name in after if after[name] == before[name]] == [".gitignore"]


def test_modes(tmp_path):
    path = tmp_path / "pki"
    mask = os.umask(0)
    try:
        run(path)
    finally:
        os.umask(mask)
    assert path.stat().st_mode & 0o777 == 0o700
    assert {entry.stat().st_mode & 0o777 for entry in path.rglob("*") if entry.is_dir()} == {0o700}
    assert {entry.stat().st_mode & 0o777 for entry in path.rglob("*.key")} == {0o600}


@pytest.mark.parametrize(
    ("file", "mode", "encrypt", "fix"),
    [
        ("", 0o755, False, "chmod 0700 {path}"),
        ("", 0o755, True, ""),
        ("", 0o775, True, "chmod 0700 {path}"),
        ("ca.key", 0o640, False, "chmod 0600 {path}/ca.key"),
        ("clients/b.key", 0o604, False, "chmod 0600 {path}/clients/b.key"),
        ("clients/b.key", 0o644, True, ""),
        ("clients/b.key", 0o666, True, "chmod 0600 {path}/clients/b.key"),
        ("clients/b.crt", 0o644, False, ""),
    ],
)
def test_loose_modes(tmp_path, file, mode, encrypt, fix):
    path = tmp_path / "pki"
    run(path, encrypt=encrypt)
    (path / file).chmod(mode)
    found = Directory(str(path), Vault()).read(encrypt).refusals
    assert [one.fix for one in found] == ([fix.format(path=path)] if fix else [])


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may give files away")
def test_somebody_elses_key(tmp_path):
    run(tmp_path / "pki")
    os.chown(tmp_path / "pki/ca.key", 65534, -1)
    found = Directory(str(tmp_path / "pki"), Vault()).read(False).refusals
    assert [one.fix for one in found] == [f"chown 0 {tmp_path}/pki/ca.key"]


@pytest.mark.parametrize(
    ("file", "content", "what"),
    [
        ("ca.crt", b"", "is damaged: it is no certificate in PEM"),
        (
            "ca.crt",
            b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
            "is damaged: it is no certificate",
        ),
        ("ca.key", b"x", "is damaged: it is no private key in PEM"),
        ("ca.key", HEADER + b"x", "is encrypted by ansible-vault: "),
    ],
)
def test_damaged_files(tmp_path, file, content, what):
    run(tmp_path)
    (tmp_path / file).write_bytes(content)
    assert Directory(str(tmp_path), Vault()).read(False).unusable[file].what.startswith(what)


def test_a_key_with_a_passphrase(tmp_path):
    run(tmp_path)
    protected = serialization.BestAvailableEncryption(b"x")
    content = ec.generate_private_key(ec.SECP256R1()).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, protected
    )
    (tmp_path / "ca.key").write_bytes(content)
    found = Directory(str(tmp_path), Vault()).read(False)
    assert found.unusable["ca.key"].what == "has a passphrase of its own"


def test_two_runs_at_once(tmp_path):
    directory = Directory(str(tmp_path), Vault())
    with directory.locked(), pytest.raises(Busy), directory.locked(wait=0.2):
        pass
    with directory.locked(shared=True), directory.locked(shared=True, wait=0), pytest.raises(Busy), directory.locked(
        wait=0
    ):
        pass
    with directory.locked(wait=0):
        assert directory.lockable


def test_a_file_system_without_locks(tmp_path, monkeypatch):
    def refuse(handle, kind):
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr(fcntl, "flock", refuse)
    directory = Directory(str(tmp_path), Vault())
    with directory.locked(wait=0):
        assert not directory.lockable


KEYS = {
    "rsa": rsa.generate_private_key(65537, 2048),
    "p384": ec.generate_private_key(ec.SECP384R1()),
    "ed25519": ed25519.Ed25519PrivateKey.generate(),
}


def own_authority(path, key, stem="ca"):
    """What a user puts there: an authority of any kind, without a key identifier."""
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, f"Example {stem}")])
    basic = x509.BasicConstraints(ca=True, path_length=None)
    builder = pki_issue.begin(name, name, key.public_key(), time.time(), time.time() + 100 * DAY)
    builder = builder.serial_number(7).add_extension(basic, critical=True)
    algorithm = None if isinstance(key, ed25519.Ed25519PrivateKey) else hashes.SHA256()
    path.mkdir(mode=0o700, exist_ok=True)
    (path / f"{stem}.crt").write_bytes(builder.sign(key, algorithm).public_bytes(serialization.Encoding.PEM))
    (path / f"{stem}.key").write_bytes(pki_issue.key_pem(key))
    (path / f"{stem}.key").chmod(0o600)


@pytest.mark.parametrize("kind", KEYS)
def test_an_authority_of_the_user(tmp_path, kind):
    path = tmp_path / "pki"
    own_authority(path, KEYS[kind])
    before = files(path)
    done = run(path)
    assert [new.stem for new in done.authorities] == ["peer-ca"]
    assert {name: files(path)[name] for name in before} == before
    assert_complete(path)
    assert "/pki/ca.crt has no key usage. Python 3.13" in done.warnings[0]
    found = Directory(str(path), Vault()).read(False)
    assert found.certificate("clients/b").days_left(time.time()) == 99  # of 365
    assert not run(path).changed


def test_what_is_issued():
    now, key = time.time(), pki_issue.new_key()
    authority = pki_issue.load(pki_issue.issue_authority("ca", key, now, 3650))
    signer = pki_issue.Signer(authority, key)
    found = {}
    for leaf in LEAVES:
        one = pki_issue.load(pki_issue.issue_leaf(leaf, pki_issue.new_key(), signer, now, 365))
        assert pki_issue.moment(one, "not_valid_before") == int(now) - 300
        assert pki_issue.moment(one, "not_valid_after") == int(now) + 365 * DAY
        assert one.serial_number.bit_length() > 128
        found[leaf.stem] = pki_issue.to_model(one)
    assert found["members/a/server"].user == "" and found["members/a/server"].organisation == ORGANISATION
    assert found["members/a/server"].names == {"a.example", "localhost"}
    assert found["members/a/server"].addresses == {"192.0.2.1", "2001:db8::1", "127.0.0.1", "::1"}
    assert found["members/a/peer"].addresses == {"192.0.2.1", "2001:db8::1"}
    assert found["clients/b"].usages == {"clientAuth"} and found["clients/b"].user == "flannel"
    assert len({one.key for one in found.values()}) == len(found)


def test_the_report(tmp_path):
    path = tmp_path / "pki"
    run(path)
    run(path, "trust")
    found = Directory(str(path), Vault()).read(False)
    report = pki_report.certificates(found, time.time())
    assert "trust.crt" not in report
    assert report["members/a/peer.crt"]["authority"] == "peer-ca.crt"
    assert report["ca.next.crt"]["authority"] == "ca.next.crt"
    assert report["clients/b.crt"]["days_left"] == 364
    assert report["clients/b.crt"]["not_after"] == pki_report.iso(found.certificate("clients/b").not_after)
