# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import datetime

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from ansible_collections.overlay.flannel.plugins.module_utils.etcd.certificates import common_name_in, end_of, ends_in

UTC = datetime.timezone.utc
KEYS = {"ec": ec.generate_private_key(ec.SECP256R1()), "rsa": rsa.generate_private_key(65537, 2048)}


def certificate(end, key="ec", names=1):
    alternative = x509.SubjectAlternativeName([x509.DNSName(f"node{number}.example") for number in range(names)])
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "etcd")])
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(KEYS[key].public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(datetime.datetime(1950, 1, 1, tzinfo=UTC))
        .not_valid_after(end)
        .add_extension(alternative, False)
        .sign(KEYS[key], hashes.SHA256())
    )


def pem(end):
    return certificate(end).public_bytes(serialization.Encoding.PEM).decode()


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("names", [1, 2000])
@pytest.mark.parametrize("year", [1969, 1999, 2026, 2049, 2050, 2199, 9999])
def test_as_a_library_reads_it(year, names, key):
    """2049 is the last year in two digits."""
    end = datetime.datetime(year, 12, 31, 23, 59, 58, tzinfo=UTC)
    der = certificate(end, key, names).public_bytes(serialization.Encoding.DER)
    assert end_of(der) == end.timestamp()


@pytest.mark.parametrize("der", [b"", b"x", b"\x30\x03\x02\x01\x01", b"\x30\x80", bytes(200)])
def test_what_is_no_certificate(der):
    with pytest.raises(ValueError):
        end_of(der)


def test_files():
    ends = [datetime.datetime(2030, 1, 2, tzinfo=UTC), datetime.datetime(2027, 1, 2, tzinfo=UTC)]
    text = (
        "a comment\n"
        + pem(ends[0])
        + "-----BEGIN EC PRIVATE KEY-----\nx\n-----END EC PRIVATE KEY-----\n"
        + pem(ends[1])
    )
    assert ends_in(text) == [end.timestamp() for end in ends]
    assert ends_in("nothing") == []


def issued(*names):
    pairs = [x509.NameAttribute(getattr(x509.NameOID, kind), text) for kind, text in names]
    key = KEYS["ec"]
    builder = x509.CertificateBuilder().issuer_name(x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "ca")]))
    builder = builder.subject_name(x509.Name(pairs)).public_key(key.public_key()).serial_number(5)
    start = datetime.datetime(2026, 1, 1, tzinfo=UTC)
    signed = builder.not_valid_before(start).not_valid_after(start.replace(year=2027)).sign(key, hashes.SHA256())
    return signed.public_bytes(serialization.Encoding.PEM).decode()


@pytest.mark.parametrize(
    ("names", "common_name"),
    [
        ([("COMMON_NAME", "root")], "root"),
        ([("ORGANIZATION_NAME", "overlay"), ("COMMON_NAME", "flannel"), ("COUNTRY_NAME", "DE")], "flannel"),
        ([("COMMON_NAME", "one"), ("COMMON_NAME", "two")], "two"),  # as Go, and so etcd, reads it
        ([("COMMON_NAME", "ü")], "ü"),
        ([("ORGANIZATION_NAME", "overlay")], ""),
        ([], ""),
    ],
)
def test_common_name(names, common_name):
    assert common_name_in(issued(*names)) == common_name
    assert common_name_in(issued(*names) + issued(("COMMON_NAME", "ca"))) == common_name


@pytest.mark.parametrize("text", ["", "-----BEGIN CERTIFICATE-----\nMAMCAQE=\n-----END CERTIFICATE-----\n"])
def test_no_common_name_without_a_certificate(text):
    with pytest.raises(ValueError, match="not a certificate"):
        common_name_in(text)
