# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The certificates of etcd on the controller: what is in the directory, what is wanted, what will be done. No I/O.

Paths are relative to the directory. A stem is a path without its suffix: `ca` stands for `ca.crt` and `ca.key`.
"""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.overlay.flannel.plugins.plugin_utils.plan_model import Refusal

CONTROLLER = "controller"
VARIABLE = "overlay_pki_dir"
DAY = 86400
AUTHORITIES = {"ca": "trust.crt", "peer-ca": "peer-trust.crt"}  # and what hosts trust in its place
PURPOSES = {"ca": "servers and clients", "peer-ca": "traffic between members"}
NEXT = ".next"  # of an authority that replaces another one
ORGANISATION = "overlay.flannel"  # in the subject of everything that is made here
SERVER, CLIENT = "serverAuth", "clientAuth"
STEPS = ("trust", "issue", "finish")


@dataclasses.dataclass(frozen=True)
class Certificate:
    """`key` is the sha256 of the public key, `digest` that of the certificate; times are seconds since 1970.

    `signer` is the digest of the authority in the directory that signed it, or empty. `lacks` names what strict programs want of an authority.
    """

    subject: str
    key: str
    digest: str
    not_before: float
    not_after: float
    pem: str = ""
    user: str = ""
    organisation: str = ""
    names: t.FrozenSet[str] = frozenset()
    addresses: t.FrozenSet[str] = frozenset()
    usages: t.FrozenSet[str] = frozenset()
    signs: bool = False
    lacks: str = ""
    signer: str = ""

    def days_left(self, now: float) -> int:
        return int((self.not_after - now) // DAY)


@dataclasses.dataclass(frozen=True)
class Key:
    """`public` is the sha256 of its public key; `encrypted` by ansible-vault."""

    public: str
    encrypted: bool = False


@dataclasses.dataclass(frozen=True)
class Problem:
    """Why a file cannot be used: the sentence after its path, and the fix."""

    what: str
    fix: str


@dataclasses.dataclass(frozen=True)
class Found:
    """The directory. `refusals` are wrong modes and owners, `unusable` files that could not be read."""

    exists: bool = False
    ignore: bool = False  # it has a .gitignore
    certificates: t.Mapping[str, t.Sequence[Certificate]] = dataclasses.field(default_factory=dict)
    keys: t.Mapping[str, Key] = dataclasses.field(default_factory=dict)
    unusable: t.Mapping[str, Problem] = dataclasses.field(default_factory=dict)
    refusals: t.Sequence[Refusal] = ()

    def has(self, path: str) -> bool:
        return path in self.certificates or path in self.keys or path in self.unusable

    def certificate(self, stem: str) -> Certificate | None:
        return next(iter(self.certificates.get(f"{stem}.crt", ())), None)

    def key(self, stem: str) -> Key | None:
        return self.keys.get(f"{stem}.key")

    def leaves(self, authority: str) -> list[str]:
        """The stems of all certificates that this authority should have signed, also of hosts that are gone."""
        paths = [path for path in [*self.certificates, *self.unusable] if path.endswith(".crt") and "/" in path]
        return sorted(path[:-4] for path in paths if path.endswith("/peer.crt") == (authority == "peer-ca"))


@dataclasses.dataclass(frozen=True)
class Leaf:
    """A certificate that a host or a user needs. `user` is its common name; servers have none."""

    stem: str
    host: str
    authority: str
    usages: t.FrozenSet[str]
    user: str = ""
    names: t.Tuple[str, ...] = ()
    addresses: t.Tuple[str, ...] = ()

    @property
    def everything(self) -> list[str]:
        return [*self.names, *self.addresses]


@dataclasses.dataclass(frozen=True)
class Settings:
    """The options of the action, without those that describe certificates. `now` is seconds since 1970."""

    folder: str
    now: float
    days: int = 365
    ca_days: int = 3650
    renew_days: int = 30
    encrypt: bool = False
    rotate: str = ""
    vault: bool = False  # the run has a vault secret
    users: t.FrozenSet[str] = frozenset()  # common names that are users of etcd

    def refusal(self, path: str, what: str, fix: str, host: str = CONTROLLER, allowed: str = "") -> str:
        """A file that cannot be used; `what` is the sentence after its path."""
        file = f"{self.folder}/{path}" if path else self.folder
        allowed = allowed or "files that fit together"
        return Refusal(VARIABLE, f"{self.folder}: {file} {what}", allowed, fix).to_text(host)


@dataclasses.dataclass(frozen=True)
class NewAuthority:
    """`stem` gets a certificate, and a key where `has_key` is false."""

    stem: str
    reason: str
    has_key: bool = False


@dataclasses.dataclass(frozen=True)
class NewLeaf:
    leaf: Leaf
    reason: str


@dataclasses.dataclass
class Pki:
    """What will be done, in this order. `trust` has for each file the authorities (stems) and the older certificates that it holds."""

    refusals: list[str] = dataclasses.field(default_factory=list)
    warnings: list[str] = dataclasses.field(default_factory=list)
    authorities: list[NewAuthority] = dataclasses.field(default_factory=list)
    promote: list[str] = dataclasses.field(default_factory=list)
    leaves: list[NewLeaf] = dataclasses.field(default_factory=list)
    trust: dict[str, tuple[list[str], list[Certificate]]] = dataclasses.field(default_factory=dict)
    encrypt: list[str] = dataclasses.field(default_factory=list)
    ignore: bool = False
    rotation: str = ""  # the last step that is done, when all this is done; empty where no rotation is unfinished

    @property
    def issued(self) -> dict[str, str]:
        """The new certificates, and why."""
        found = {f"{new.stem}.crt": new.reason for new in self.authorities}
        return {**found, **{f"{new.leaf.stem}.crt": new.reason for new in self.leaves}}

    @property
    def changed(self) -> bool:
        return bool(self.authorities or self.promote or self.leaves or self.trust or self.encrypt or self.ignore)
