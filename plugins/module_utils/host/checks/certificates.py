# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Checks of the files with certificates and private keys that the query names. No I/O."""

from __future__ import annotations

import time
import typing as t

from ansible_collections.overlay.flannel.plugins.module_utils.common.certificates import Certificate, end_of_file
from ansible_collections.overlay.flannel.plugins.module_utils.common.findings import ERROR, WARNING, Finding
from ansible_collections.overlay.flannel.plugins.module_utils.host.checks.context import HostContext
from ansible_collections.overlay.flannel.plugins.module_utils.host.types import CertificateFact, KeyFact

DAY = 24 * 60 * 60
DAYS = 30  # what is left of a certificate before it is reported
READ_BY_ALL = 0o007


def check_certificates(context: HostContext) -> list[Finding]:
    """By the clock of where it runs: facts are checked on the host, and, a moment old, on the controller.

    A certificate that is not there is no finding: the query names files before it is known whether this fleet has TLS. The plan of the
    component copies or refuses what is missing.
    """
    return [*check_ends(context, time.time()), *check_keys(context)]


def check_ends(context: HostContext, now: float) -> t.Iterator[Finding]:
    for path, found in (context.facts.get("certificates") or {}).items():
        end = end_of_file([certificate(one) for one in found or []])
        if found is None:
            yield unreadable(path)
        elif end is not None and end - now < DAYS * DAY:
            yield Finding(
                code="certificate_file_ends",
                severity=ERROR if end <= now else WARNING,
                seen=f"the certificate in {path} ({found[0]['subject']}) {'ended' if end <= now else 'ends'} at {utc(end)}",
                expected=f"one that lasts {DAYS} days or more",
                fix="replace it: playbooks/certificates.yml renews what the playbooks have issued",
            )


def certificate(fact: CertificateFact) -> Certificate:
    return Certificate(**{**fact, "names": tuple(fact["names"])})  # type: ignore[arg-type]


def unreadable(path: str) -> Finding:
    return Finding(
        code="certificate_file_unreadable",
        seen=f"{path} holds no certificate that can be read",
        expected="a file with certificates in PEM",
        fix="run site.yml, or bring the file to the host",
    )


def check_keys(context: HostContext) -> t.Iterator[Finding]:
    there: t.Mapping[str, t.Any] = context.facts.get("certificates") or {}
    for path, key in (context.facts.get("key_pairs") or {}).items():
        problem = problem_of(key) if key["exists"] or there.get(key["cert"]) else ""
        if problem:
            yield Finding(
                code="private_key",
                seen=f"the private key {path} {problem}",
                expected=f"the key of {key['cert']}, which only its daemon and root can read",
                fix="run site.yml, or bring certificate and key to the host; a key that others could read has to be replaced",
            )


def problem_of(key: KeyFact) -> str:
    if not key["exists"]:
        return "is not there, or cannot be read"
    if int(key["mode"], 8) & READ_BY_ALL:
        return f"has the mode {key['mode']}: every user of the host can read it"
    return "" if key["fits"] else f"does not fit {key['cert']}"


def utc(moment: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(moment))
