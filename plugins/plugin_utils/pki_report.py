# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the action certificates returns: certificates with their ends, and the difference. Never a key. No I/O."""

from __future__ import annotations

import time
import typing as t

from ansible_collections.overlay.flannel.plugins.module_utils.common.findings import escaped
from ansible_collections.overlay.flannel.plugins.plugin_utils.pki_model import (
    AUTHORITIES,
    NEXT,
    Certificate,
    Found,
    Pki,
)


def iso(seconds: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))


def certificates(found: Found, now: float) -> dict[str, dict[str, t.Any]]:
    """Of a file with several, the first: the others are those that hosts trust beside it."""
    files = [f"{stem}{middle}.crt" for middle in ("", NEXT) for stem in AUTHORITIES]
    signers = {one.digest: path for path in reversed(files) for one in found.certificates.get(path, ())[:1]}
    return {
        path: described(all_of_it[0], signers.get(all_of_it[0].signer, ""), now)
        for path, all_of_it in sorted(found.certificates.items())
        if path not in AUTHORITIES.values()
    }


def described(certificate: Certificate, authority: str, now: float) -> dict[str, t.Any]:
    return {
        "not_after": iso(certificate.not_after),
        "days_left": certificate.days_left(now),
        "subject": escaped(certificate.subject),
        "names": [escaped(name) for name in [*sorted(certificate.names), *sorted(certificate.addresses)]],
        "authority": authority,
    }


def lines(found: Found) -> list[str]:
    """The directory in words: certificates and who trusts what, not the keys."""
    texts = [
        escaped(
            f"{path}: {one.subject}, ends {iso(one.not_after)}, {', '.join([*sorted(one.names), *sorted(one.addresses)])}".rstrip(
                ", "
            )
        )
        for path, items in sorted(found.certificates.items())
        for one in items
    ]
    texts += [f"{path}: encrypted by ansible-vault" for path, key in sorted(found.keys.items()) if key.encrypted]
    return texts + ([".gitignore"] if found.ignore else [])


def expected_lines(found: Found, plan: Pki) -> list[str]:
    """The same after a run in check mode; what would be issued has no end yet."""
    replaced = {**dict.fromkeys([f"{stem}{NEXT}.crt" for stem in plan.promote], ""), **plan.issued}
    kept = [text for text in lines(found) if text.partition(": ")[0] not in {*replaced, *plan.trust}]
    new = [f"{path}: issued ({reason})" for path, reason in plan.issued.items()]
    new += [f"{stem}.crt: replaced by {stem}{NEXT}.crt" for stem in plan.promote]
    new += [f"{path}: holds {', '.join(trusted(*content))}" for path, content in plan.trust.items()]
    new += [f"{path}: encrypted by ansible-vault" for path in plan.encrypt]
    return sorted([*kept, *new]) + ([".gitignore"] if plan.ignore else [])


def trusted(stems: t.Sequence[str], older: t.Sequence[Certificate]) -> list[str]:
    return [*(f"{stem}.crt" for stem in stems), *(one.subject for one in older)]


def diff(path: str, before: t.Sequence[str], after: t.Sequence[str]) -> dict[str, str]:
    return {
        "before_header": path,
        "after_header": path,
        "before": "".join(f"{text}\n" for text in before),
        "after": "".join(f"{text}\n" for text in after),
    }
