# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What every plan of a component consists of. No I/O.

A plan compares the wanted settings with the facts of a host. Roles act on its lists and decide nothing by themselves.
"""

from __future__ import annotations

import dataclasses
import typing as t

from ansible_collections.overlay.flannel.plugins.module_utils.common.findings import escaped
from ansible_collections.overlay.flannel.plugins.module_utils.host.types import KeyPair

HostFacts = t.Mapping[str, t.Any]  # the result of host_info: module_utils/host/types.py has the shapes


class FileItem(t.TypedDict, total=False):
    """One path that a component owns.

    `content` is the wanted text, `src` a file of the controller, `state` is `directory` or `absent` where it is no file.
    `restarts` means that a change of this file restarts the component's daemon, `secret` that neither its content nor a checksum of it
    may be shown: the query has it in `secrets`, not in `files`. `certificate` is for a private key, the path of the certificate that it
    has to fit: the query has both in `key_pairs`.
    """

    path: str
    content: str
    src: str
    state: str
    mode: str
    owner: str
    group: str
    restarts: bool
    secret: bool
    certificate: str


class TlsFiles(t.NamedTuple):
    """Certificates and private keys on a host, as a query has them."""

    certificates: t.List[str]
    keys: t.List[str]
    pairs: t.List[KeyPair]

    @classmethod
    def of(cls, authorities: t.Iterable[t.Any], pairs: t.Iterable[t.Tuple[t.Any, t.Any]]) -> TlsFiles:
        """Settings may be empty, or relative, which is refused later."""
        given = [(str(cert or ""), str(key or "")) for cert, key in pairs]
        certificates = absolute([*authorities, *(cert for cert, _key in given)])
        keys = absolute(key for _cert, key in given)
        found = [KeyPair(cert=cert, key=key) for cert, key in given if cert in certificates and key in keys]
        return cls(certificates, keys, found)


def absolute(paths: t.Iterable[t.Any]) -> list[str]:
    """Each once."""
    return [path for path in dict.fromkeys(str(path or "") for path in paths) if path.startswith("/")]


@dataclasses.dataclass(frozen=True)
class Refusal:
    """A value or a state of the host that cannot work: which, what is allowed, and the fix."""

    variable: str
    value: object
    allowed: str
    fix: str

    def to_text(self, host: str) -> str:
        return escaped(f"{host}: {self.variable} = {self.value}: allowed: {self.allowed}. Fix: {self.fix}.")


class Release(t.TypedDict, total=False):
    """A release archive that the controller has to have before the programs can be copied; the role `_release` brings it.

    `variable` is the role variable that names the archive, for messages. `checksum` is the archive's sha256 in hexadecimal digits,
    or empty as long as it has to be learned from `metadata_url`, whose answer is kept in `metadata_file`. The unpacked archive
    is in `folder` (without its top folder where `strip` is true), and must hold `programs`. `fix` ends the message of a failure.
    """

    variable: str
    url: str
    checksum: str
    metadata_url: str
    metadata_file: str
    folder: str
    strip: bool
    programs: list[str]
    fix: str


@dataclasses.dataclass
class Plan:
    """What has to be done on one host for one component; empty lists mean that nothing has to be done.

    `release` is what the controller lacks (empty: nothing).
    `adopted` are paths of somebody else that the lists after it replace or remove, where the variables wish it: a copy stays beside each.
    `refusals` and `warnings` are complete sentences. `packages` are names for the package manager, `programs`, `directories`,
    `files` and `unwanted` (paths to remove) those that differ, `sysctls` and `modules` names of the kernel.
    `firewall` are commands for firewalld. `restart` holds the
    reasons to start or restart the daemon, `remaining` everything that differs, as texts: when it is empty, the host is as wanted.
    """

    refusals: list[str] = dataclasses.field(default_factory=list)
    release: Release = dataclasses.field(default_factory=Release)
    warnings: list[str] = dataclasses.field(default_factory=list)
    adopted: list[str] = dataclasses.field(default_factory=list)
    packages: list[str] = dataclasses.field(default_factory=list)
    programs: list[FileItem] = dataclasses.field(default_factory=list)
    directories: list[FileItem] = dataclasses.field(default_factory=list)
    files: list[FileItem] = dataclasses.field(default_factory=list)
    unwanted: list[FileItem] = dataclasses.field(default_factory=list)
    modules: list[str] = dataclasses.field(default_factory=list)
    sysctls: list[str] = dataclasses.field(default_factory=list)
    firewall: list[list[str]] = dataclasses.field(default_factory=list)
    restart: list[str] = dataclasses.field(default_factory=list)
    remaining: list[str] = dataclasses.field(default_factory=list)

    texts: t.ClassVar[t.Tuple[str, ...]] = ("refusals", "warnings", "restart", "remaining")

    def to_dict(self) -> dict[str, t.Any]:
        found = dataclasses.asdict(self)
        return {**found, **{name: [escaped(text) for text in found[name]] for name in self.texts}}


def nothing(path: str) -> str | None:
    return None


@dataclasses.dataclass(frozen=True)
class Controller:
    """What the controller knows beside the variables and the facts.

    `host` is the inventory name, `ansible_host` the address of the inventory or empty, `now` seconds since 1970 (UTC).
    `digest` gives the sha256 of a file of the controller, `read` its text; both give None where there is no such file.
    `groups` are those of the inventory.
    `members` are the members of etcd that are part of this run, `first_start` is how this one starts for the first time,
    `move` the step of a cluster's way to TLS between its members (empty: none).
    """

    host: str
    ansible_host: str = ""
    now: float = 0.0
    digest: t.Callable[[str], t.Optional[str]] = nothing
    read: t.Callable[[str], t.Optional[str]] = nothing
    groups: t.Mapping[str, t.Sequence[str]] = dataclasses.field(default_factory=dict)
    members: t.Sequence[t.Mapping[str, t.Any]] = ()
    first_start: t.Mapping[str, t.Any] = dataclasses.field(default_factory=dict)
    move: str = ""

    @property
    def names(self) -> list[str]:
        """What the inventory calls this host: `ansible_host`, where it has one, and its name."""
        return [name for name in (self.ansible_host, self.host) if name]


class Renderer(t.Protocol):
    """Renders a template of the role, or reads a file of it (without variables)."""

    def __call__(self, name: str, **variables: t.Any) -> str: ...
