# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Read certificates, and whether private keys fit them. No program is started, and nothing of a key is returned."""

from __future__ import annotations

import os
import ssl
import stat

from ansible_collections.overlay.flannel.plugins.module_utils.common.certificates import Certificate, parse_pem
from ansible_collections.overlay.flannel.plugins.module_utils.host.facts.files import group_name, owner_name, read_text
from ansible_collections.overlay.flannel.plugins.module_utils.host.types import CertificateFact, KeyFact, KeyPair


def read_certificates(path: str) -> list[CertificateFact] | None:
    """In the order of the file; empty where there is no file, None for a file without a certificate that can be read."""
    text = read_text(path)
    if text is None:
        return []
    try:
        found = parse_pem(text)
    except ValueError:
        return None
    return [fact_of(certificate) for certificate in found] or None


def fact_of(one: Certificate) -> CertificateFact:
    return CertificateFact(
        not_before=one.not_before,
        not_after=one.not_after,
        subject=one.subject,
        common_name=one.common_name,
        issuer=one.issuer,
        names=list(one.names),
        serial=one.serial,
        is_authority=one.is_authority,
    )


def read_key_pair(pair: KeyPair) -> KeyFact:
    try:
        status = os.stat(pair["key"])
    except OSError:
        return KeyFact(cert=pair["cert"], exists=False, fits=False, mode="", owner="", group="")
    return KeyFact(
        cert=pair["cert"],
        exists=True,
        fits=fits(pair["cert"], pair["key"]),
        mode=f"{stat.S_IMODE(status.st_mode):04o}",
        owner=owner_name(status.st_uid),
        group=group_name(status.st_gid),
    )


def fits(certificate: str, key: str) -> bool:
    """As OpenSSL has it, whatever it thinks of the strength. An encrypted key fits nothing: no daemon here can read it."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    try:
        context.set_ciphers("ALL:@SECLEVEL=0")
        context.load_cert_chain(certificate, key, password=lambda: "")
    except (OSError, ValueError):  # ssl.SSLError is an OSError
        return False
    return True
