# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The two authorities: which are made, and how one is replaced by another without an outage. No I/O.

The step of a rotation is read from the files. `trust`: there is a `ca.next`, and trust.crt holds it too. `issue`: `ca.next` has become `ca`,
and trust.crt still holds the old authority. After `finish` it holds the new one only.
"""

from __future__ import annotations

import dataclasses

from ansible_collections.overlay.flannel.plugins.plugin_utils.pki_model import (
    AUTHORITIES,
    DAY,
    NEXT,
    ORGANISATION,
    PURPOSES,
    Certificate,
    Found,
    NewAuthority,
    Settings,
)

ROTATE = "playbooks/certificates.yml -e overlay_pki_rotate=all"


@dataclasses.dataclass(frozen=True)
class Authority:
    """What the directory has of one of them."""

    stem: str
    found: Found

    @property
    def current(self) -> Certificate | None:
        return self.found.certificate(self.stem)

    @property
    def next(self) -> Certificate | None:
        return self.found.certificate(self.stem + NEXT)

    @property
    def trust(self) -> str:
        return AUTHORITIES[self.stem]

    @property
    def ours(self) -> bool:
        return self.current is not None and self.current.organisation == ORGANISATION

    @property
    def others(self) -> list[Certificate]:
        """What is trusted beside the current one and the next one."""
        own = {
            one.digest
            for stem in (self.stem, self.stem + NEXT)
            for one in self.found.certificates.get(f"{stem}.crt", ())
        }
        return [one for one in self.found.certificates.get(self.trust, ()) if one.digest not in own]

    @property
    def step(self) -> str:
        """The last step of an unfinished rotation."""
        if any(self.found.has(f"{self.stem}{NEXT}{end}") for end in (".crt", ".key")):
            return "trust"
        return "issue" if self.others else ""

    @property
    def half_promoted(self) -> bool:
        """A run was killed when it had renamed the key of the next one, and not yet the certificate."""
        key, upcoming = self.found.key(self.stem), self.next
        return bool(key and upcoming and not self.found.has(f"{self.stem}{NEXT}.key") and key.public == upcoming.key)

    @property
    def trusts_next(self) -> bool:
        trusted = {one.digest for one in self.found.certificates.get(self.trust, ())}
        return self.next is not None and self.next.digest in trusted


@dataclasses.dataclass
class AuthorityPlan:
    """What is done for one. `stem` and `certificate` are those that sign, `certificate` is None where it is made in this run."""

    refusals: list[str] = dataclasses.field(default_factory=list)
    warnings: list[str] = dataclasses.field(default_factory=list)
    new: list[NewAuthority] = dataclasses.field(default_factory=list)
    promote: bool = False
    certificate: Certificate | None = None
    can_sign: bool = True
    trust: tuple[list[str], list[Certificate]] | None = None
    step: str = ""


def plan_authorities(found: Found, settings: Settings) -> dict[str, AuthorityPlan]:
    both = [Authority(stem, found) for stem in AUTHORITIES]
    shared = [*shared_refusals(found, settings), *(rotation_refusals(both, settings) if settings.rotate else [])]
    plans = {}
    for one in both:
        plan = plans[one.stem] = AuthorityPlan(refusals=file_refusals(one, settings))
        plan.refusals += [] if one.stem != "ca" else shared
        if plan.refusals:
            continue
        begins = settings.rotate == "trust" and one.step == "" and all(other.step != "issue" for other in both)
        make(one, plan, begins, settings)
        finish(one, plan, settings)
    return plans


def make(one: Authority, plan: AuthorityPlan, begins: bool, settings: Settings) -> None:
    """The certificates of an authority, and which one signs in this run."""
    found, upcoming = one.found, one.stem + NEXT
    if not one.current:
        plan.new.append(NewAuthority(one.stem, "missing", has_key=found.key(one.stem) is not None))
        return
    if (begins or found.has(f"{upcoming}.key")) and not one.next:
        plan.new.append(NewAuthority(upcoming, "rotation", has_key=found.key(upcoming) is not None))
    plan.warnings += [
        strict_warning(path, item, settings)
        for path in (f"{one.stem}.crt", f"{upcoming}.crt")
        for item in found.certificates.get(path, ())[:1]
        if item.lacks
    ]
    plan.promote = one.half_promoted or (settings.rotate == "issue" and one.step == "trust")
    plan.certificate = one.next if plan.promote else one.current
    signs = upcoming if plan.promote and not one.half_promoted else one.stem
    plan.can_sign = found.key(signs) is not None
    ends = plan.certificate.not_after if plan.certificate else 0
    if ends <= settings.now + settings.renew_days * DAY and not plan.new and not plan.promote and one.step != "trust":
        plan.warnings.append(end_warning(one, ends, settings))
    if ends <= settings.now:
        plan.can_sign = False


def finish(one: Authority, plan: AuthorityPlan, settings: Settings) -> None:
    """What hosts trust after this run."""
    stems = [one.stem]
    if plan.promote or one.next or any(new.stem.endswith(NEXT) for new in plan.new):
        stems = [one.stem + NEXT, one.stem]
    older = [] if settings.rotate == "finish" and one.step == "issue" else one.others
    wanted = {item.digest for stem in stems for item in one.found.certificates.get(f"{stem}.crt", ())}
    wanted |= {item.digest for item in older}
    if plan.new or wanted != {item.digest for item in one.found.certificates.get(one.trust, ())}:
        plan.trust = (stems, older)
    plan.step = "issue" if plan.promote or (older and len(stems) == 1) else "trust" if len(stems) > 1 else ""


def strict_warning(path: str, certificate: Certificate, settings: Settings) -> str:
    return (
        f"{settings.folder}/{path} has no {certificate.lacks}. Python 3.13 and newer refuse to talk to what it has signed."
        " Fix: use an authority with critical key usage (keyCertSign, cRLSign) and a subject key identifier, as RFC 5280 demands."
    )


def end_warning(one: Authority, ends: float, settings: Settings) -> str:
    left = max(0, int((ends - settings.now) // DAY))
    how = "" if one.ours else f"put its successor there as {one.stem}{NEXT}.crt and {one.stem}{NEXT}.key, and "
    return (
        f"{settings.folder}/{one.stem}.crt: the authority for {PURPOSES[one.stem]} ends in {left} days."
        f" No certificate lasts longer than that. Fix: {how}run {ROTATE}."
    )


def file_refusals(one: Authority, settings: Settings) -> list[str]:
    """Files of this authority that do not fit together."""
    paths = [f"{stem}{end}" for stem in (one.stem, one.stem + NEXT) for end in (".crt", ".key")]
    found = one.found
    broken = [
        settings.refusal(path, found.unusable[path].what, found.unusable[path].fix)
        for path in [*paths, one.trust]
        if path in found.unusable
    ]
    if broken:
        return broken
    if not one.current:
        return missing_refusals(one, settings)
    return [
        *certificate_refusals(one.stem, one.current, settings),
        *(certificate_refusals(one.stem + NEXT, one.next, settings) if one.next else []),
        *key_refusals(one, settings),
        *trust_refusals(one, settings),
    ]


def missing_refusals(one: Authority, settings: Settings) -> list[str]:
    """An authority is made only where nothing shows that there was one."""
    crt, leaves = f"{one.stem}.crt", one.found.leaves(one.stem)
    traces = [path for path in (one.trust, f"{one.stem}{NEXT}.crt", f"{one.stem}{NEXT}.key") if one.found.has(path)]
    traces += [f"{stem}.crt" for stem in leaves]
    if not traces:
        return []
    fix = f"put {crt} and {one.stem}.key back from a backup, or remove the whole directory to begin anew, which every host notices"
    return [settings.refusal(crt, f"is missing, but {traces[0]} is there", fix)]


def certificate_refusals(stem: str, certificate: Certificate, settings: Settings) -> list[str]:
    crt = f"{stem}.crt"
    if not certificate.signs:
        fix = "put the certificate of an authority there: CA:TRUE, and keyCertSign if it has a key usage"
        return [settings.refusal(crt, f"({certificate.subject}) may not sign certificates", fix)]
    if certificate.not_before > settings.now:
        return [settings.refusal(crt, "is not valid yet", "correct the clock of the controller")]
    if certificate.not_after <= settings.now and not settings.rotate:
        fix = f"run {ROTATE}"
        if certificate.organisation != ORGANISATION:
            fix = f"put its successor there as {stem}{NEXT}.crt and {stem}{NEXT}.key, and {fix}"
        return [settings.refusal(crt, f"ended {-certificate.days_left(settings.now)} days ago", fix)]
    return []


def key_refusals(one: Authority, settings: Settings) -> list[str]:
    found, upcoming = one.found, one.stem + NEXT
    key, next_key = found.key(one.stem), found.key(upcoming)
    refusals = []
    if key and one.current and key.public != one.current.key and not one.half_promoted:
        fix = f"put the key of {one.stem}.crt there, or move {one.stem}.key away if other people keep that key"
        refusals.append(settings.refusal(f"{one.stem}.key", f"does not fit {one.stem}.crt", fix))
    if next_key and one.next and next_key.public != one.next.key:
        refusals.append(
            settings.refusal(f"{upcoming}.key", f"does not fit {upcoming}.crt", f"put the key of {upcoming}.crt there")
        )
    if next_key and not one.next and not one.ours:
        refusals.append(settings.refusal(f"{upcoming}.crt", f"is missing, but {upcoming}.key is there", "put it there"))
    return refusals


def trust_refusals(one: Authority, settings: Settings) -> list[str]:
    """Somebody has exchanged the authority: hosts do not trust it, and would refuse each other."""
    trusted = one.found.certificates.get(one.trust)
    if trusted is None or (one.current and one.current.digest in {item.digest for item in trusted}):
        return []
    fix = (
        f"put back the {one.stem}.crt that {one.trust} holds, keep the new one as {one.stem}{NEXT}.crt and {one.stem}{NEXT}.key, and run {ROTATE};"
        f" where no host has a certificate yet, remove {one.trust}"
    )
    return [settings.refusal(f"{one.stem}.crt", f"is not part of {one.trust}, which the hosts trust", fix)]


def shared_refusals(found: Found, settings: Settings) -> list[str]:
    """With one authority for both, a client's certificate would open the peer port."""
    keys = {
        stem: {
            one.key: path
            for path in (f"{stem}.crt", f"{stem}{NEXT}.crt", trust)
            for one in found.certificates.get(path, ())
        }
        for stem, trust in AUTHORITIES.items()
    }
    shared = set(keys["ca"]) & set(keys["peer-ca"])
    if not shared:
        return []
    path, other = (keys[stem][next(iter(shared))] for stem in AUTHORITIES)
    allowed = "two authorities, because with one in common the certificate of a flannel host would be accepted at etcd's peer port"
    fix = f"remove that certificate from {other} and {path}, and use another authority, or remove peer-ca.crt and peer-ca.key to have one made"
    return [settings.refusal(path, f"has a key in common with {other}", fix, allowed=allowed)]


def rotation_refusals(both: list[Authority], settings: Settings) -> list[str]:
    """Whether this step may be done now. It may be repeated."""
    steps = [one.step for one in both]
    found = []
    for one in both:
        if not one.current:
            found.append(
                settings.refusal(
                    f"{one.stem}.crt", "is missing: there is nothing to replace", "run without overlay_pki_rotate"
                )
            )
        elif settings.rotate == "trust" and one.step == "" and not one.ours and "issue" not in steps:
            fix = f"put its successor there as {one.stem}{NEXT}.crt, with {one.stem}{NEXT}.key if this run shall sign by it"
            found.append(
                settings.refusal(
                    f"{one.stem}.crt", "is not made by this collection, which makes no successor of it", fix
                )
            )
    if found:
        return found
    order = "the steps trust, issue and finish, each rolled out to all hosts before the next one"
    trusted = all(one.trusts_next for one in both if one.step == "trust")
    if settings.rotate == "issue" and (
        "issue" not in steps and "trust" not in steps or "trust" in steps and "" in steps or not trusted
    ):
        what = "is not trusted by the hosts together with a successor yet"
        return [settings.refusal("ca.crt", what, "do the step trust first", allowed=order)]
    if settings.rotate == "finish" and "trust" in steps:
        return [settings.refusal("ca.crt", "still signs the certificates", "do the step issue first", allowed=order)]
    if settings.rotate == "issue":
        return [text for one in both for text in promotion_refusals(one, settings)]
    return [text for one in both for text in old_certificates(one, settings)] if settings.rotate == "finish" else []


def promotion_refusals(one: Authority, settings: Settings) -> list[str]:
    missing = one.step == "trust" and not one.found.key(one.stem + NEXT)
    if not missing or one.half_promoted or not one.found.key(one.stem):
        return []
    fix = f"put it there, or move {one.stem}.key away if other people sign from now on"
    return [settings.refusal(f"{one.stem}{NEXT}.key", "is missing", fix)]


def old_certificates(one: Authority, settings: Settings) -> list[str]:
    """Hosts that would be locked out, also those that are no longer in the inventory."""
    if one.step != "issue" or not one.current:
        return []
    old = {item.digest for item in one.others}
    stems = [
        stem for stem in one.found.leaves(one.stem) if (leaf := one.found.certificate(stem)) and leaf.signer in old
    ]
    fix = "do the step issue for it first, or remove its files where the host or the user is gone"
    return [settings.refusal(f"{stem}.crt", "is signed by the old authority", fix) for stem in stems]
