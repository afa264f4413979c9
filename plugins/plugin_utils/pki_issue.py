# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reads and issues certificates. No I/O; what is issued when is decided elsewhere.

By `cryptography`, which ansible-core needs for ansible-vault, so every controller has it. Keys are ECDSA on P-256: every release of
etcd and OpenSSL in use takes them, also in FIPS mode, unlike Ed25519, and they are far cheaper than RSA for hosts that sign each handshake.
"""

from __future__ import annotations

import datetime
import hashlib
import ipaddress
import re
import typing as t

from ansible_collections.overlay.flannel.plugins.plugin_utils.pki_model import (
    CLIENT,
    DAY,
    ORGANISATION,
    PURPOSES,
    SERVER,
    Certificate,
    Leaf,
)

try:
    from cryptography import x509
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
    from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

    USAGES = {SERVER: ExtendedKeyUsageOID.SERVER_AUTH, CLIENT: ExtendedKeyUsageOID.CLIENT_AUTH}
except ImportError as error:  # ansible-test imports every plugin without it
    MISSING: t.Optional[ImportError] = error
else:
    MISSING = None

# Clocks of hosts and controller differ: a certificate that is not valid yet on a host would be refused there right after the roll-out.
CLOCK_SKEW = 300
_PEM = re.compile(b"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)
UTC = datetime.timezone.utc


class Signer(t.NamedTuple):
    """An authority with its key."""

    certificate: x509.Certificate
    key: t.Any


def read_certificates(content: bytes) -> list[Certificate]:
    """All of a PEM file; ValueError where there is none, or one that is damaged."""
    found = [to_model(x509.load_pem_x509_certificate(block)) for block in _PEM.findall(content)]
    if not found:
        raise ValueError("no certificate in it")
    return found


def to_model(certificate: x509.Certificate) -> Certificate:
    alternative = extension(certificate, x509.SubjectAlternativeName)
    usages = extension(certificate, x509.ExtendedKeyUsage)
    return Certificate(
        subject=certificate.subject.rfc4514_string(),
        key=digest_of_key(certificate.public_key()),
        digest=certificate.fingerprint(hashes.SHA256()).hex(),
        not_before=moment(certificate, "not_valid_before"),
        not_after=moment(certificate, "not_valid_after"),
        pem=certificate.public_bytes(serialization.Encoding.PEM).decode(),
        user=name_in(certificate, NameOID.COMMON_NAME),
        organisation=name_in(certificate, NameOID.ORGANIZATION_NAME),
        names=frozenset(name.lower() for name in alternative.get_values_for_type(x509.DNSName))
        if alternative
        else frozenset(),
        addresses=frozenset(map(str, alternative.get_values_for_type(x509.IPAddress))) if alternative else frozenset(),
        usages=frozenset(name for name, usage in USAGES.items() if usages is None or usage in usages),
        signs=may_sign(certificate),
        lacks=lacks(certificate),
    )


def extension(certificate: x509.Certificate, kind: t.Any) -> t.Any:
    """None where the certificate does not have it."""
    try:
        return certificate.extensions.get_extension_for_class(kind).value
    except x509.ExtensionNotFound:
        return None


def may_sign(certificate: x509.Certificate) -> bool:
    basic, usage = extension(certificate, x509.BasicConstraints), extension(certificate, x509.KeyUsage)
    return bool(basic and basic.ca and (usage is None or usage.key_cert_sign))


def lacks(certificate: x509.Certificate) -> str:
    """RFC 5280 wants both of an authority. OpenSSL checks that on request, Python from 3.13 on always."""
    wanted = {"key usage": x509.KeyUsage, "subject key identifier": x509.SubjectKeyIdentifier}
    return " and no ".join(name for name, kind in wanted.items() if extension(certificate, kind) is None)


def moment(certificate: x509.Certificate, name: str) -> float:
    """Before release 42, `cryptography` has these dates without a zone only."""
    found = getattr(certificate, f"{name}_utc", None) or getattr(certificate, name).replace(tzinfo=UTC)
    seconds: float = found.timestamp()
    return seconds


def name_in(certificate: x509.Certificate, kind: t.Any) -> str:
    found = certificate.subject.get_attributes_for_oid(kind)
    return str(found[0].value) if found else ""


def is_signed_by(pem: str, authority_pem: str) -> bool:
    certificate, authority = load(pem), load(authority_pem)
    if certificate.issuer != authority.subject:
        return False
    key, signed = authority.public_key(), (certificate.signature, certificate.tbs_certificate_bytes)
    algorithm = certificate.signature_hash_algorithm
    try:
        if isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(*signed, ec.ECDSA(t.cast(hashes.HashAlgorithm, algorithm)))
        elif isinstance(key, rsa.RSAPublicKey):
            parameters = getattr(certificate, "signature_algorithm_parameters", None) or padding.PKCS1v15()
            key.verify(*signed, t.cast(t.Any, parameters), t.cast(hashes.HashAlgorithm, algorithm))
        else:
            t.cast(t.Any, key).verify(*signed)
    except (InvalidSignature, TypeError, ValueError):
        return False
    return True


def load(pem: str) -> x509.Certificate:
    return x509.load_pem_x509_certificate(pem.encode())


def load_key(content: bytes) -> t.Any:
    """ValueError where it is no private key, or one with a passphrase."""
    try:
        return serialization.load_pem_private_key(content, password=None)
    except TypeError:
        raise ValueError("has a passphrase") from None


def digest_of_key(public_key: t.Any) -> str:
    encoded = public_key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return hashlib.sha256(encoded).hexdigest()


def new_key() -> t.Any:
    return ec.generate_private_key(ec.SECP256R1())


def key_pem(key: t.Any) -> bytes:
    found: bytes = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return found


def issue_authority(stem: str, key: t.Any, now: float, days: int) -> str:
    """Each has a name of its own, so that programs find the right one while two are trusted."""
    serial = x509.random_serial_number()
    title = f"etcd {PURPOSES[stem]} {serial & 0xFFFFFFFF:08x}"
    name = x509.Name(
        [name_attribute(NameOID.ORGANIZATION_NAME, ORGANISATION), name_attribute(NameOID.COMMON_NAME, title)]
    )
    public = key.public_key()
    builder = (
        begin(name, name, public, now, now + days * DAY)
        .serial_number(serial)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(key_usage(signs=True), critical=True)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(public), critical=False)
    )
    return builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM).decode()


def issue_leaf(leaf: Leaf, key: t.Any, signer: Signer, now: float, days: int) -> str:
    """Never valid after its authority. Servers have no common name: etcd would take the gateway, which uses their certificate, for a user."""
    names = [name_attribute(NameOID.ORGANIZATION_NAME, ORGANISATION)]
    names += [name_attribute(NameOID.COMMON_NAME, leaf.user)] if leaf.user else []
    ends = min(now + days * DAY, moment(signer.certificate, "not_valid_after"))
    builder = (
        begin(x509.Name(names), signer.certificate.subject, key.public_key(), now, ends)
        .serial_number(x509.random_serial_number())
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(key_usage(signs=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([USAGES[name] for name in sorted(leaf.usages)]), critical=False)
        .add_extension(key_identifier_of(signer.certificate), critical=False)
    )
    alternative: list[x509.GeneralName] = [x509.DNSName(name) for name in leaf.names]
    alternative += [x509.IPAddress(ipaddress.ip_address(address)) for address in leaf.addresses]
    if alternative:
        builder = builder.add_extension(x509.SubjectAlternativeName(alternative), critical=False)
    algorithm = hashes.SHA256() if isinstance(signer.key, (ec.EllipticCurvePrivateKey, rsa.RSAPrivateKey)) else None
    return builder.sign(signer.key, algorithm).public_bytes(serialization.Encoding.PEM).decode()


def begin(subject: x509.Name, issuer: x509.Name, public: t.Any, now: float, ends: float) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public)
        .not_valid_before(datetime.datetime.fromtimestamp(int(now) - CLOCK_SKEW, UTC))
        .not_valid_after(datetime.datetime.fromtimestamp(int(ends), UTC))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
    )


def name_attribute(kind: t.Any, value: str) -> x509.NameAttribute[str]:
    return x509.NameAttribute(kind, value)


def key_usage(signs: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs,
        crl_sign=signs,
        encipher_only=False,
        decipher_only=False,
    )


def key_identifier_of(authority: x509.Certificate) -> x509.AuthorityKeyIdentifier:
    own = extension(authority, x509.SubjectKeyIdentifier)
    if own is None:
        return x509.AuthorityKeyIdentifier.from_issuer_public_key(t.cast(t.Any, authority.public_key()))
    return x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(own)
