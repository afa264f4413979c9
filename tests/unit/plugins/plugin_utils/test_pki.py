# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Whether a host's certificates are those of the controller's directory, and whether they end soon."""

from __future__ import annotations

import datetime

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from ansible_collections.overlay.flannel.plugins.module_utils.common.certificates import parse_pem
from ansible_collections.overlay.flannel.plugins.plugin_utils import pki

DAY = 24 * 60 * 60
NOW = 1_800_000_000
HOST_CA = "/etc/etcd/pki/ca.crt"


def authority(serial):
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "ca")])
    start = datetime.datetime(2026, 1, 1)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(serial)
    )
    signed = made.not_valid_before(start).not_valid_after(start + datetime.timedelta(days=9)).sign(key, hashes.SHA256())
    return signed.public_bytes(serialization.Encoding.PEM).decode()


@pytest.fixture(scope="module")
def authorities():
    return {name: authority(number) for name, number in (("old", 11), ("new", 12), ("other", 13))}


@pytest.mark.parametrize(
    ("there", "ours", "foreign"),
    [
        ((), (), False),
        ((), ("old",), False),
        (("old",), ("old",), False),
        (("old",), ("new", "old"), False),
        (("new", "old"), ("new",), False),
        (("old",), ("new",), True),
        (("old",), (), True),
        (("other",), ("new", "old"), True),
    ],
)
def test_an_authority_that_the_controller_does_not_have(authorities, there, ours, foreign):
    """While an authority is replaced, hosts and controller have the old and the new one."""
    found = parse_pem("".join(authorities[name] for name in there))
    facts = {"certificates": {HOST_CA: [{"serial": one.serial} for one in found]}}
    assert pki.is_foreign(facts, HOST_CA, "".join(authorities[name] for name in ours) or None) is foreign


def test_facts_of_before_certificates_were_read():
    assert not pki.is_foreign({}, HOST_CA, None) and pki.ending({}, NOW, 30) == []


def test_the_refusal_names_the_way_back():
    text = pki.foreign_authority("etcd_pki_dir", "/new/pki", HOST_CA).to_text("one")
    assert text.startswith(
        "one: etcd_pki_dir (overlay_pki_dir) = /new/pki, whose trust.crt has none of the authorities"
    )
    assert "restore it from a backup" in text and "rm -r /etc/etcd/pki there" in text


@pytest.mark.parametrize(
    ("path", "days", "soon"),
    [
        ("/etc/etcd/pki/server.crt", 29, True),
        ("/etc/etcd/pki/server.crt", 31, False),
        ("/etc/etcd/pki/server.crt", -1, True),
        ("/etc/flannel/pki/client.crt", 1, True),
        ("/etc/etcd/pki/ca.crt", 1, False),
        ("/etc/etcd/pki/peer-ca.crt", 1, False),
        ("/etc/flannel/pki/ca.crt", 1, False),
        ("/srv/cert.crt", 1, False),
    ],
)
def test_what_is_issued_anew(path, days, soon):
    facts = {"certificates": {path: [{"not_after": NOW + days * DAY}], "/etc/etcd/pki/peer.crt": []}}
    assert pki.ending(facts, NOW, 30) == ([path] if soon else [])
