# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads and writes the directory with the certificates of etcd on the controller.

Each file is replaced by a rename. A key is written before its certificate: a run that is killed in between leaves a key that does not fit,
or one without a certificate, and the next run issues that certificate again.
"""

from __future__ import annotations

import contextlib
import dataclasses
import errno
import fcntl
import os
import secrets
import stat
import time
import typing as t

from ansible_collections.overlay.flannel.plugins.plugin_utils import pki_issue
from ansible_collections.overlay.flannel.plugins.plugin_utils.pki_model import (
    AUTHORITIES,
    NEXT,
    VARIABLE,
    Certificate,
    Found,
    Key,
    NewAuthority,
    NewLeaf,
    Pki,
    Problem,
    Settings,
)
from ansible_collections.overlay.flannel.plugins.plugin_utils.plan_model import Refusal

WAIT = 30.0  # seconds for another run; it holds the directory for less than one
TEMPORARY = ".tmp-"
IGNORE = "# Private keys. Certificates may be kept with the inventory.\n*.key\n"
VAULT = b"$ANSIBLE_VAULT"
FOLDERS = ("clients", "users")
LOOSE_OWNER, LOOSE_WRITE, LOOSE_ANY = "owner", 0o022, 0o077


class Busy(Exception):
    """Another run holds the directory."""


class Vault(t.Protocol):
    """Of the run. `decrypt` raises ValueError with a sentence for the user."""

    def decrypt(self, content: bytes) -> bytes: ...
    def encrypt(self, content: bytes) -> bytes: ...


class Directory:
    def __init__(self, path: str, vault: Vault) -> None:
        self.path = path
        self.vault = vault
        self.lockable = True

    def __str__(self) -> str:
        return self.path

    def absolute(self, path: str) -> str:
        return os.path.join(self.path, path)

    def exists(self) -> bool:
        return os.path.isdir(self.path)

    # locking

    @contextlib.contextmanager
    def locked(self, shared: bool = False, wait: float = WAIT) -> t.Iterator[None]:
        """Alone in it, or with others that only read; Busy where another run holds it for too long."""
        handle = os.open(self.path, os.O_RDONLY | os.O_DIRECTORY)
        try:
            self.lock(handle, fcntl.LOCK_SH if shared else fcntl.LOCK_EX, wait)
            yield
        finally:
            os.close(handle)

    def lock(self, handle: int, kind: int, wait: float) -> None:
        deadline = time.monotonic() + wait
        while True:
            try:
                fcntl.flock(handle, kind | fcntl.LOCK_NB)
                return
            except OSError as error:
                if error.errno not in (
                    errno.EAGAIN,
                    errno.EACCES,
                ):  # a file system without locks of directories, such as NFS
                    self.lockable = False
                    return
            if time.monotonic() > deadline:
                raise Busy
            time.sleep(0.1)

    # reading

    def read(self, encrypt: bool) -> Found:
        if not self.exists():
            return Found()
        certificates: dict[str, list[Certificate]] = {}
        keys: dict[str, Key] = {}
        unusable: dict[str, Problem] = {}
        refusals = self.loose("", LOOSE_WRITE if encrypt else LOOSE_ANY)
        for path in self.files():
            content = self.content(path, unusable)
            if content is None:
                continue
            try:
                if path.endswith(".crt"):
                    certificates[path] = pki_issue.read_certificates(content)
                else:
                    keys[path] = self.key(content)
                    refusals += self.loose(path, LOOSE_WRITE if keys[path].encrypted else LOOSE_ANY)
            except ValueError as error:
                unusable[path] = self.problem(path, str(error), VAULT in content)
        return Found(
            exists=True,
            ignore=os.path.lexists(self.absolute(".gitignore")),
            certificates=signed(certificates),
            keys=keys,
            unusable=unusable,
            refusals=refusals,
        )

    def files(self) -> list[str]:
        """The certificates and keys that have a meaning, in the order of their names."""
        found = [f"{stem}{middle}{end}" for stem in AUTHORITIES for middle in ("", NEXT) for end in (".crt", ".key")]
        found = [path for path in [*found, *AUTHORITIES.values()] if os.path.lexists(self.absolute(path))]
        members = [f"members/{name}" for name in self.names("members")]
        for folder in (*members, *FOLDERS):
            found += [f"{folder}/{name}" for name in self.names(folder) if name.endswith((".crt", ".key"))]
        return found

    def names(self, folder: str) -> list[str]:
        try:
            return sorted(name for name in os.listdir(self.absolute(folder)) if not name.startswith("."))
        except (FileNotFoundError, NotADirectoryError):
            return []

    def content(self, path: str, unusable: dict[str, Problem]) -> bytes | None:
        try:
            with open(self.absolute(path), "rb") as file:
                return file.read()
        except OSError as error:
            unusable[path] = Problem(f"cannot be read: {error.strerror}", "let the user of this run read it")
            return None

    def key(self, content: bytes) -> Key:
        return Key(pki_issue.digest_of_key(self.private_key(content).public_key()), content.startswith(VAULT))

    def private_key(self, content: bytes) -> t.Any:
        return pki_issue.load_key(self.vault.decrypt(content) if content.startswith(VAULT) else content)

    def problem(self, path: str, error: str, in_vault: bool) -> Problem:
        if in_vault:
            return Problem(f"is encrypted by ansible-vault: {error}", "give the run the vault secret of this file")
        if "passphrase" in error:
            return Problem(
                "has a passphrase of its own", "take the passphrase away, and encrypt the file by ansible-vault"
            )
        kind = "certificate" if path.endswith(".crt") else "private key"
        return Problem(f"is damaged: it is no {kind} in PEM", "put it back from a backup")

    def loose(self, path: str, mask: int) -> list[Refusal]:
        """Who else could read or replace it."""
        absolute = self.absolute(path) if path else self.path
        state, user = os.stat(absolute), os.geteuid()
        mode = stat.S_IMODE(state.st_mode)
        found = []
        if mode & mask:
            fix = f"chmod {'0600' if path else '0700'} {absolute}"
            allowed = (
                "a mode that gives other users nothing" if mask == LOOSE_ANY else "a mode by which nobody else writes"
            )
            found.append(Refusal(VARIABLE, f"{self.path}: {absolute} has mode {mode:04o}", allowed, fix))
        if state.st_uid != user:
            allowed = f"the user of this run (uid {user}) as its owner"
            found.append(
                Refusal(
                    VARIABLE,
                    f"{self.path}: {absolute} belongs to uid {state.st_uid}",
                    allowed,
                    f"chown {user} {absolute}",
                )
            )
        return found

    # writing

    def create(self) -> None:
        os.makedirs(os.path.dirname(self.path), exist_ok=True)
        with contextlib.suppress(FileExistsError):
            os.mkdir(self.path, 0o700)

    def folder(self, path: str) -> None:
        """Each folder of it is for its owner only, also where the umask would allow more."""
        parts = path.split("/")
        for number in range(1, len(parts) + 1):
            absolute = self.absolute("/".join(parts[:number]))
            with contextlib.suppress(FileExistsError):
                os.mkdir(absolute, 0o700)

    def write(self, path: str, content: bytes, mode: int = 0o644) -> None:
        folder, name = os.path.split(path)
        self.folder(folder) if folder else None
        temporary = self.absolute(os.path.join(folder, f"{TEMPORARY}{secrets.token_hex(4)}-{name}"))
        handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, mode)
        with os.fdopen(handle, "wb") as file:
            os.fchmod(file.fileno(), mode)
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        self.rename(temporary, self.absolute(path))

    def rename(self, old: str, new: str) -> None:
        os.replace(old, new)
        handle = os.open(os.path.dirname(new), os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)

    def clean(self) -> None:
        """What a run that was killed has left."""
        for folder, _folders, names in os.walk(self.path):
            for name in names:
                if name.startswith(TEMPORARY):
                    os.unlink(os.path.join(folder, name))

    # applying a plan

    def apply(self, plan: Pki, settings: Settings) -> None:
        self.clean()
        if plan.ignore:
            self.write(".gitignore", IGNORE.encode())
        for authority in plan.authorities:
            self.make_authority(authority, settings)
        for path, (stems, older) in plan.trust.items():
            blocks = [certificate.pem for stem in stems for certificate in self.certificates(stem)]
            self.write(path, "".join([*blocks, *(certificate.pem for certificate in older)]).encode())
        for stem in plan.promote:
            for end in (".key", ".crt"):
                if os.path.exists(self.absolute(f"{stem}{NEXT}{end}")):
                    self.rename(self.absolute(f"{stem}{NEXT}{end}"), self.absolute(f"{stem}{end}"))
        signers = {new.leaf.authority: self.signer(new.leaf.authority) for new in plan.leaves}
        for leaf in plan.leaves:
            self.make_leaf(leaf, signers[leaf.leaf.authority], settings)
        for path in plan.encrypt:
            with open(self.absolute(path), "rb") as file:
                content = file.read()
            self.write(path, self.vault.encrypt(content), 0o600)

    def make_authority(self, new: NewAuthority, settings: Settings) -> None:
        key = self.key_of(new.stem) if new.has_key else self.make_key(new.stem, settings)
        stem = new.stem[: -len(NEXT)] if new.stem.endswith(NEXT) else new.stem
        self.write(f"{new.stem}.crt", pki_issue.issue_authority(stem, key, settings.now, settings.ca_days).encode())

    def make_leaf(self, new: NewLeaf, signer: pki_issue.Signer, settings: Settings) -> None:
        key = self.make_key(new.leaf.stem, settings)
        self.write(
            f"{new.leaf.stem}.crt", pki_issue.issue_leaf(new.leaf, key, signer, settings.now, settings.days).encode()
        )

    def make_key(self, stem: str, settings: Settings) -> t.Any:
        key = pki_issue.new_key()
        content = pki_issue.key_pem(key)
        self.write(f"{stem}.key", self.vault.encrypt(content) if settings.encrypt else content, 0o600)
        return key

    def signer(self, stem: str) -> pki_issue.Signer:
        return pki_issue.Signer(pki_issue.load(self.certificates(stem)[0].pem), self.key_of(stem))

    def certificates(self, stem: str) -> list[Certificate]:
        with open(self.absolute(f"{stem}.crt"), "rb") as file:
            return pki_issue.read_certificates(file.read())

    def key_of(self, stem: str) -> t.Any:
        with open(self.absolute(f"{stem}.key"), "rb") as file:
            return self.private_key(file.read())


def signed(certificates: t.Mapping[str, list[Certificate]]) -> dict[str, list[Certificate]]:
    """With the authority of the directory that signed each; a hundred hosts share two, so each one is tried last that fitted last."""
    files = [f"{stem}{middle}.crt" for stem in AUTHORITIES for middle in ("", NEXT)] + [*AUTHORITIES.values()]
    authorities = {one.digest: one for path in files for one in certificates.get(path, ())}
    return {path: [with_signer(one, authorities.values()) for one in found] for path, found in certificates.items()}


def with_signer(certificate: Certificate, authorities: t.Iterable[Certificate]) -> Certificate:
    for authority in authorities:
        if pki_issue.is_signed_by(certificate.pem, authority.pem):
            return dataclasses.replace(certificate, signer=authority.digest)
    return certificate
