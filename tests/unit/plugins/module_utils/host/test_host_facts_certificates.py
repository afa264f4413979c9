# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import datetime

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from ansible_collections.overlay.flannel.plugins.module_utils.host.facts import certificates

PEM, PKCS8 = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
TRADITIONAL = serialization.PrivateFormat.TraditionalOpenSSL
PLAIN, ENCRYPTED = serialization.NoEncryption(), serialization.BestAvailableEncryption(b"hush")
KEYS = {
    "ec": ec.generate_private_key(ec.SECP256R1()),
    "other ec": ec.generate_private_key(ec.SECP256R1()),
    "weak rsa": rsa.generate_private_key(65537, 1024),
}
END = datetime.datetime(2050, 1, 1, tzinfo=datetime.timezone.utc)


@pytest.fixture
def write(tmp_path):
    """Write a certificate for one key, and beside it a key, which may be another one."""

    def make(of, key, form=PKCS8, encryption=PLAIN):
        name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "etcd")])
        builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).serial_number(1)
        builder = builder.public_key(KEYS[of].public_key()).not_valid_before(END - datetime.timedelta(9000))
        cert = builder.not_valid_after(END).sign(KEYS[of], hashes.SHA256())
        (tmp_path / "a.crt").write_bytes(cert.public_bytes(PEM))
        (tmp_path / "a.key").write_bytes(KEYS[key].private_bytes(PEM, form, encryption))
        (tmp_path / "a.key").chmod(0o640)
        return {"cert": str(tmp_path / "a.crt"), "key": str(tmp_path / "a.key")}

    return make


@pytest.mark.parametrize(
    ("of", "key", "form", "encryption", "fits"),
    [
        ("ec", "ec", PKCS8, PLAIN, True),
        ("ec", "ec", TRADITIONAL, PLAIN, True),
        ("weak rsa", "weak rsa", PKCS8, PLAIN, True),
        ("ec", "other ec", PKCS8, PLAIN, False),
        ("ec", "weak rsa", PKCS8, PLAIN, False),
        ("ec", "ec", PKCS8, ENCRYPTED, False),
    ],
)
def test_keys(write, tmp_path, of, key, form, encryption, fits):
    found = certificates.read_key_pair(write(of, key, form, encryption))
    assert (found["exists"], found["fits"], found["mode"]) == (True, fits, "0640")
    assert found["owner"] == (tmp_path / "a.key").owner()


def test_keys_that_are_not_there(write):
    pair = write("ec", "ec")
    assert not certificates.read_key_pair({**pair, "key": "/none"})["exists"]
    found = certificates.read_key_pair({**pair, "cert": "/none"})
    assert (found["exists"], found["fits"]) == (True, False)


def test_certificates(write, tmp_path):
    pair = write("ec", "ec")
    (one,) = certificates.read_certificates(pair["cert"])
    assert (one["not_after"], one["common_name"], one["is_authority"]) == (END.timestamp(), "etcd", False)
    assert certificates.read_certificates(str(tmp_path / "none")) == []
    for text in ("", "nothing", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----"):
        (tmp_path / "bad").write_text(text)
        assert certificates.read_certificates(str(tmp_path / "bad")) is None
