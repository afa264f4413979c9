# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Which certificates are issued now, and why. No I/O."""

from __future__ import annotations

import typing as t

from ansible_collections.overlay.flannel.plugins.module_utils.common.findings import escaped, listed
from ansible_collections.overlay.flannel.plugins.plugin_utils.pki_authorities import (
    ROTATE,
    AuthorityPlan,
    plan_authorities,
)
from ansible_collections.overlay.flannel.plugins.plugin_utils.pki_model import (
    AUTHORITIES,
    CONTROLLER,
    DAY,
    NEXT,
    ORGANISATION,
    Certificate,
    Found,
    Leaf,
    NewLeaf,
    Pki,
    Settings,
)

UNFINISHED = {
    "trust": "hosts trust the old authority and its successor, and certificates are of the old one",
    "issue": "certificates are of the new authority, and the old one is still trusted",
}


class Reason(t.NamedTuple):
    """Why a certificate cannot stay. One with a `fix` is never replaced, one that is not `urgent` may stay for a while."""

    text: str
    fix: str = ""
    urgent: bool = True


def plan(leaves: t.Sequence[Leaf], found: Found, settings: Settings) -> Pki:
    authorities = plan_authorities(found, settings)
    done = Pki(refusals=[refusal.to_text(CONTROLLER) for refusal in found.refusals])
    for stem, one in authorities.items():
        done.refusals += one.refusals
        done.warnings += one.warnings
        done.authorities += one.new
        done.promote += [stem] if one.promote else []
        if one.trust:
            done.trust[AUTHORITIES[stem]] = one.trust
    if not done.refusals:
        for leaf in leaves:
            plan_leaf(leaf, authorities[leaf.authority], found, settings, done)
    done.ignore = not settings.encrypt and not found.ignore
    if settings.encrypt:
        plan_encryption(found, settings, done)
    steps = [one.step for one in authorities.values() if one.step]
    done.rotation = "trust" if "trust" in steps else next(iter(steps), "")
    if done.rotation and not settings.rotate and not done.refusals:
        text = UNFINISHED[done.rotation]
        done.warnings.append(f"{settings.folder}: a rotation is not finished: {text}. Fix: run {ROTATE}.")
    done.warnings = [escaped(text) for text in done.warnings]
    return done


def plan_leaf(leaf: Leaf, authority: AuthorityPlan, found: Found, settings: Settings, done: Pki) -> None:
    reason = why(leaf, authority, found, settings)
    if reason is None:
        return
    crt = f"{leaf.stem}.crt"
    if reason.fix:
        done.refusals.append(settings.refusal(crt, reason.text, reason.fix, leaf.host))
    elif authority.can_sign:
        done.leaves.append(NewLeaf(leaf, reason.text))
    elif authority.certificate and authority.certificate.not_after <= settings.now:
        done.warnings.append(f"{settings.folder}/{crt}: {reason.text}. The new authority issues it, in the step issue.")
    elif reason.urgent:
        what = f"must be issued ({reason.text}), and {leaf.authority}.key is not here"
        done.refusals.append(settings.refusal(crt, what, fix_without_key(leaf), leaf.host))
    else:
        done.warnings.append(f"{settings.folder}/{crt}: {reason.text}. Fix: {fix_without_key(leaf)}.")


def why(leaf: Leaf, authority: AuthorityPlan, found: Found, settings: Settings) -> Reason | None:
    """The first reason, or None where the certificate stays."""
    for path in (f"{leaf.stem}.crt", f"{leaf.stem}.key"):
        if path in found.unusable:
            problem = found.unusable[path]
            what = problem.what if path.endswith(".crt") else f"cannot be used: {path} {problem.what}"
            return Reason(what, f"{problem.fix}, or remove {leaf.stem}.crt and {leaf.stem}.key to have both made anew")
    certificate, key = found.certificate(leaf.stem), found.key(leaf.stem)
    if certificate is None:
        return Reason("missing")
    if key is None:
        return Reason("key missing")
    if key.public != certificate.key:
        return Reason("key does not fit")
    return signer_reason(leaf, certificate, authority, found) or content_reason(leaf, certificate, authority, settings)


def signer_reason(leaf: Leaf, certificate: Certificate, authority: AuthorityPlan, found: Found) -> Reason | None:
    if authority.certificate and certificate.signer == authority.certificate.digest:
        return None
    paths = (f"{leaf.authority}.crt", f"{leaf.authority}{NEXT}.crt", AUTHORITIES[leaf.authority])
    if any(one.digest == certificate.signer for path in paths for one in found.certificates.get(path, ())):
        return Reason("authority changed") if authority.can_sign else None
    fix = f"remove {leaf.stem}.crt and {leaf.stem}.key to have both made anew, or replace them by files of {leaf.authority}.crt"
    return Reason(f"({certificate.subject}) is signed by another authority than {leaf.authority}.crt", fix)


def content_reason(leaf: Leaf, certificate: Certificate, authority: AuthorityPlan, settings: Settings) -> Reason | None:
    """Names and addresses that are no longer wanted stay until the next renewal: an address that comes and goes restarts nothing."""
    absent = [name for name in leaf.everything if name not in certificate.names | certificate.addresses]
    if absent:
        return Reason(f"addresses changed: {listed(absent)} added")
    if leaf.usages - certificate.usages:
        return Reason(f"extended key usage without {', '.join(sorted(leaf.usages - certificate.usages))}")
    if leaf.user and certificate.user != leaf.user:
        return Reason(f"user changed from {certificate.user or 'none'} to {leaf.user}")
    if not leaf.user and certificate.user in settings.users:
        return Reason(f"its common name is {certificate.user}, a user of etcd")
    return time_reason(certificate, authority, settings)


def time_reason(certificate: Certificate, authority: AuthorityPlan, settings: Settings) -> Reason | None:
    """Where the authority ends first, a new certificate would not last longer."""
    left = certificate.days_left(settings.now)
    if certificate.not_before > settings.now:
        return Reason("not valid yet, so a clock was wrong when it was issued")
    if certificate.not_after <= settings.now:
        return Reason(f"ended {-left} days ago" if left < -1 else "ended")
    ends = authority.certificate.not_after if authority.certificate else 0
    longer = min(settings.now + settings.days * DAY, ends) - certificate.not_after
    if certificate.not_after - settings.now < settings.renew_days * DAY and longer > DAY:
        return Reason(f"expires in {left} days", urgent=False)
    return None


def fix_without_key(leaf: Leaf) -> str:
    subject = f"common name {leaf.user}" if leaf.user else f"names and addresses {', '.join(leaf.everything)}"
    usages = " and ".join(sorted(leaf.usages))
    return (
        f"put {leaf.stem}.crt and {leaf.stem}.key there ({subject}; extended key usage {usages}),"
        f" signed by {leaf.authority}.crt, or put {leaf.authority}.key there"
    )


def plan_encryption(found: Found, settings: Settings, done: Pki) -> None:
    """Keys that are there already. An authority of the user is the user's."""
    if not settings.vault:
        fix = (
            "give the run a vault secret (--vault-password-file, --ask-vault-pass), or set overlay_pki_encrypt to false"
        )
        done.refusals.append(
            settings.refusal(
                "", "cannot be encrypted: the run has no vault secret", fix, allowed="a run with a vault secret"
            )
        )
        return
    replaced = {f"{stem}.key" for stem in done.promote} | {f"{new.leaf.stem}.key" for new in done.leaves}
    for path, key in found.keys.items():
        if key.encrypted or path in replaced:
            continue
        stem, crt = path[:-4], found.certificate(path[:-4])
        promoted = stem.endswith(NEXT) and stem[: -len(NEXT)] in done.promote
        if "/" in path or crt is None or crt.organisation == ORGANISATION:
            done.encrypt.append(path.replace(NEXT, "") if promoted else path)
        else:
            done.warnings.append(
                f"{settings.folder}/{path} is not encrypted. Fix: ansible-vault encrypt {settings.folder}/{path}."
            )
