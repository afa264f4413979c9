# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import dataclasses
import datetime
import ipaddress
import shutil
import subprocess

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from ansible_collections.overlay.flannel.plugins.module_utils.common.certificates import (
    end_of,
    end_of_file,
    ends_in,
    parse,
    parse_pem,
)

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


START, END = datetime.datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC), datetime.datetime(2051, 1, 2, 3, 4, 5, tzinfo=UTC)
AUTHORITY = x509.BasicConstraints(ca=True, path_length=None)
NOT_AN_AUTHORITY = x509.BasicConstraints(ca=False, path_length=None)
NAMES = x509.SubjectAlternativeName(
    [
        x509.DNSName("etcd-1"),
        x509.IPAddress(ipaddress.ip_address("192.0.2.1")),
        x509.IPAddress(ipaddress.ip_address("2001:db8::1")),
        x509.UniformResourceIdentifier("spiffe://a"),
    ]
)


def made(subject, issuer=(("CN", "authority"),), extensions=(), serial=0x4B9E):
    kinds = {"CN": x509.NameOID.COMMON_NAME, "O": x509.NameOID.ORGANIZATION_NAME, "?": x509.NameOID.SURNAME}
    names = [x509.Name([x509.NameAttribute(kinds[kind], text) for kind, text in name]) for name in (subject, issuer)]
    builder = x509.CertificateBuilder().subject_name(names[0]).issuer_name(names[1]).serial_number(serial)
    builder = builder.public_key(KEYS["ec"].public_key()).not_valid_before(START).not_valid_after(END)
    for extension in extensions:
        builder = builder.add_extension(extension, True)
    return builder.sign(KEYS["ec"], hashes.SHA256())


@pytest.mark.parametrize(
    ("subject", "shown", "common_name"),
    [
        ([("CN", "flannel")], "CN=flannel", "flannel"),
        ([("O", "overlay"), ("CN", "a"), ("CN", "b")], "O=overlay,CN=a,CN=b", "b"),
        ([("CN", "hôte ☃")], "CN=hôte ☃", "hôte ☃"),
        ([("?", "x")], "?=x", ""),
        ([], "", ""),
    ],
)
def test_subjects(subject, shown, common_name):
    found = parse(made(subject).public_bytes(serialization.Encoding.DER))
    assert (found.subject, found.common_name, found.issuer) == (shown, common_name, "CN=authority")
    assert (found.not_before, found.not_after, found.serial) == (START.timestamp(), END.timestamp(), "4b9e")


@pytest.mark.parametrize(
    ("extensions", "names", "is_authority"),
    [
        ([], (), False),
        ([AUTHORITY], (), True),
        ([NOT_AN_AUTHORITY, NAMES], ("etcd-1", "192.0.2.1", "2001:db8::1", "spiffe://a"), False),
        ([NAMES, AUTHORITY], ("etcd-1", "192.0.2.1", "2001:db8::1", "spiffe://a"), True),
        ([x509.ExtendedKeyUsage([x509.ExtendedKeyUsageOID.CLIENT_AUTH])], (), False),
    ],
)
def test_extensions(extensions, names, is_authority):
    found = parse(made([("CN", "a")], extensions=extensions).public_bytes(serialization.Encoding.DER))
    assert (found.names, found.is_authority) == (names, is_authority)


@pytest.mark.skipif(not shutil.which("openssl"), reason="there is no openssl")
@pytest.mark.parametrize("key", ["rsa:2048", "ed25519", "ec"])
def test_what_openssl_makes(tmp_path, key):
    curve = ["-pkeyopt", "ec_paramgen_curve:P-384"] if key == "ec" else []
    words = ["req", "-x509", "-newkey", key, *curve, "-nodes", "-keyout", "key", "-out", "cert", "-days", "77"]
    words += ["-subj", "/C=DE/O=overlay/OU=lab/CN=root", "-addext", "subjectAltName=DNS:a.b,IP:192.0.2.7"]
    subprocess.run(["openssl", *words], cwd=tmp_path, check=True, capture_output=True)
    text = (tmp_path / "cert").read_text()
    (found,) = parse_pem(text)
    library = x509.load_pem_x509_certificate(text.encode())
    assert (found.subject, found.issuer) == ("C=DE,O=overlay,OU=lab,CN=root",) * 2
    assert (found.names, found.common_name, found.is_authority) == (("a.b", "192.0.2.7"), "root", True)
    assert int(found.serial, 16) == library.serial_number
    assert round((found.not_after - found.not_before) / 86400) == 77


@pytest.mark.parametrize("cut", [10, 30, 60, 120])
def test_what_is_cut_off(cut):
    der = made([("CN", "a")], extensions=[NAMES]).public_bytes(serialization.Encoding.DER)
    with pytest.raises(ValueError):
        parse(der[:cut])


@pytest.mark.parametrize(
    ("kinds", "end"),
    [
        ([], None),
        ([("leaf", 5)], 5),
        ([("ca", 5), ("ca", 9)], 9),
        ([("leaf", 5), ("ca", 3)], 5),
        ([("leaf", 5), ("leaf", 4), ("ca", 9)], 4),
    ],
)
def test_when_a_file_ends(kinds, end):
    """An old authority beside its successor says nothing; the certificate that is shown does."""
    one = parse(made([("CN", "a")]).public_bytes(serialization.Encoding.DER))
    found = [dataclasses.replace(one, not_after=moment, is_authority=kind == "ca") for kind, moment in kinds]
    assert end_of_file(found) == end
