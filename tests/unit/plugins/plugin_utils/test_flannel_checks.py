# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the plan of flannel refuses, and what it lets pass."""

from __future__ import annotations

import flannel_case as case
import pytest

CERTIFICATES = {"etcd_ca_cert": "/ca.pem", "etcd_client_cert": "/cert.pem", "etcd_client_key": "/key.pem"}
TLS = {"etcd_endpoints": ["https://172.72.103.11:2379", "https://172.72.103.12:2379/"]}
ARCHIVE = {"install_method": "archive", "archive_url": "https://mirror/flannel.tar.gz", "archive_checksum": "ab" * 32}
OF_GITHUB = {"install_method": "archive", "cache_dir": case.CACHE}
HOST_GATEWAY = {"Network": "10.43.0.0/16", "Backend": {"Type": "host-gw"}}


@pytest.fixture
def host(facts):
    bare = case.bare(facts)
    bare["files"].update({path: {"exists": True} for path in CERTIFICATES.values()})
    return bare


WITH_KEY = {**case.NETWORK, "Backend": {"Type": "wireguard", "psk": "A" * 43 + "="}}


@pytest.mark.parametrize(
    "change",
    [
        {"network": WITH_KEY, "psk_over_http": True},
        {"network": WITH_KEY, "etcd_endpoints": ["https://a:1"]},
        {"network": WITH_KEY, "etcd_endpoints": ["https://a:1", "https://b:1"]},
    ],
)
def test_a_key_over_tls_or_as_it_was_wished(host, change):
    found = case.plan(host, **change)
    assert [text for text in found.refusals if "overlay_psk" in text] == []


# What is changed, and the beginning of the only refusal with what it has to say further.
REFUSED = [
    ({"interface": "eth7"}, "flannel_interface = eth7: allowed: a name, an IPv4 address", "there is: "),
    ({"interface": "host0|lo"}, "flannel_interface = host0|lo: allowed: ", "more than one interface fits"),
    ({"interface": "("}, "flannel_interface = (: allowed: ", "is no interface, address, network or pattern"),
    ({"public_ip": "flannel-1"}, "flannel_public_ip = flannel-1: allowed: an IPv4 address. Fix: set it to", ""),
    ({"public_ip": "1.2.3.400"}, "flannel_public_ip = 1.2.3.400: allowed: an IPv4 address. Fix: set it to", ""),
    ({"public_ip": "fd00::1"}, "flannel_public_ip = fd00::1: allowed: an IPv4 address. Fix: set it to", ""),
    (
        {"public_ip": "192.0.2.9", "network": HOST_GATEWAY},
        "flannel_public_ip = 192.0.2.9: allowed: the interface's own address 172.72.103.13",
        "host-gw cannot pass a NAT",
    ),
    (
        {"network": WITH_KEY},
        "overlay_psk, or a key in overlay_network = a key (hidden) that is in etcd, and etcd is read by http://172.72.103.11:2379",
        "overlay_psk_over_http: true",
    ),
    (
        {"install_method": "archive", "archive_url": "https://user:hush@192.0.2.1/flannel.tar.gz"},
        "flannel_archive_url = https://***@192.0.2.1/flannel.tar.gz: allowed: a URL without user and password",
        "~/.netrc",
    ),
    ({"docker_options_key": "DOCKER_OPT_X"}, "flannel_docker_options_key = DOCKER_OPT_X: allowed: ", "in capitals"),
    ({"docker_options_key": "docker"}, "flannel_docker_options_key = docker: allowed: ", "Fix: use DOCKER_OPTS or"),
    ({"docker_options_key": "A\n"}, "flannel_docker_options_key = A\\x0a: allowed: ", ""),
    ({"start_timeout": 0}, "flannel_start_timeout, flannel_etcd_timeout = 0, 5: allowed: seconds above 0", "60 and 5"),
    ({"etcd_timeout": -1}, "flannel_start_timeout, flannel_etcd_timeout = 60, -1: allowed: seconds above 0", ""),
    ({"version": "latest"}, "flannel_version = latest: allowed: a release such as 0.28.10. Fix: name the release", ""),
    ({"version": "0.28"}, "flannel_version = 0.28: allowed: a release such as 0.28.10", ""),
    ({"version": "0.28.10\n"}, "flannel_version = 0.28.10\\x0a: allowed: a release such as 0.28.10", ""),
    ({"version": "0.7.0"}, "flannel_version = 0.7.0: allowed: 0.7.1 or newer. Fix: flannel_version: 0.28.10 (0.17", ""),
    (
        {"install_method": "package"},
        "flannel_install_method = package: allowed: on debian 13: archive (flannel_archive_checksum), file (",
        "no suitable package of flannel",
    ),
    ({"file_dir": ""}, "flannel_file_dir = : allowed: ", "missing there: flanneld, mk-docker-opts.sh"),
    ({"file_dir": "/other"}, "flannel_file_dir = /other: allowed: a folder on the controller with flanneld", "missing"),
    (
        {**ARCHIVE, "archive_checksum": ""},
        "flannel_archive_checksum = : allowed: the sha256 of flannel.tar.gz. Fix: download https://mirror/flannel.tar.gz",
        "sha256sum",
    ),
    ({**ARCHIVE, "archive_checksum": "md5:0"}, "flannel_archive_checksum = md5:0: allowed: 64 hexadecimal digits", ""),
    (
        {**ARCHIVE, "archive_checksum": "AB" * 32},
        f"flannel_archive_checksum = {'AB' * 32}: allowed: 64 hexadecimal",
        "",
    ),
    (
        {"etcd_endpoints": []},
        "flannel_etcd_endpoints = empty: allowed: one or more URLs such as",
        "list the client URLs",
    ),
    ({"etcd_endpoints": ["172.72.2.11"]}, "flannel_etcd_endpoints = 172.72.2.11: allowed: one or more URLs", ""),
    ({"etcd_endpoints": ["http://a:1", "http://a:1/v2"]}, "flannel_etcd_endpoints = http://a:1, http://a:1/v2: ", ""),
    ({"etcd_endpoints": ["http://a:1,http://b:1"]}, "flannel_etcd_endpoints = http://a:1,http://b:1: allowed: ", ""),
    ({"etcd_endpoints": ["http://u:secret@a:1"]}, "flannel_etcd_endpoints = http://(hidden)@a:1: allowed: ", ""),
    ({"etcd_endpoints": ["u:secret@a:1"]}, "flannel_etcd_endpoints = (hidden)@a:1: allowed: ", ""),
    ({"etcd_prefix": "flannel"}, "flannel_etcd_prefix = flannel: allowed: names of letters", "use /flannel/network"),
    ({"etcd_prefix": "/a//b"}, "flannel_etcd_prefix = /a//b: allowed: ", ""),
    ({"etcd_prefix": "/a/"}, "flannel_etcd_prefix = /a/: allowed: ", ""),
    (
        {**TLS, "etcd_client_cert": "/cert.pem"},
        "flannel_etcd_client_cert, flannel_etcd_client_key = /cert.pem, : allowed: both or none",
        "set both",
    ),
    (
        {**TLS, "etcd_ca_cert": "/ca.pem"},
        "flannel_etcd_ca_cert = /ca.pem: allowed: empty without flannel_etcd_client_cert, because flannel 0.18",
        "host's trust store",
    ),
    (
        {**CERTIFICATES, "etcd_endpoints": ["https://a:1", "http://b:1"]},
        "flannel_etcd_endpoints = https://a:1, http://b:1: allowed: https:// in every URL",
        "leave the certificates out",
    ),
    (
        {**TLS, **CERTIFICATES, "etcd_ca_cert": "/lost.pem"},
        "flannel_etcd_ca_cert, flannel_etcd_client_cert, flannel_etcd_client_key = /lost.pem, /cert.pem, /key.pem: ",
        "allowed: files that are on the host. Fix: copy them to the host",
    ),
    (
        {"network": {"Network": "10.20.0.0/16", "Backend": {"Type": "extension"}}},
        "flannel_network: Backend.Type = extension: allowed: another backend: flanneld runs the commands",
        "set overlay_allow_extension (flannel_allow_extension without",
    ),
    ({"etcd_username": "u"}, "flannel_etcd_username, flannel_etcd_password = one of them is empty: allowed: both", ""),
    ({"etcd_password": "p"}, "flannel_etcd_username, flannel_etcd_password = one of them is empty: allowed: both", ""),
    (
        {"etcd_username": "u", "etcd_password": "a\nFLANNELD_X=1"},
        "flannel_etcd_* = a value with a line break or another control character: allowed: text in one line",
        "remove the character",
    ),
]


@pytest.mark.parametrize(("changes", "begins", "also"), REFUSED)
def test_refused(host, changes, begins, also):
    [refusal] = case.plan(host, **changes).refusals
    assert refusal.startswith(f"node: {begins}") and also in refusal
    assert ". Fix: " in refusal and refusal.endswith(".")
    assert "secret" not in refusal


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"interface": "host0"},
        {"interface": "172.72.103.0/24", "public_ip": "192.0.2.9"},
        {"public_ip": "172.72.103.13", "network": HOST_GATEWAY},
        {"network": {}},
        {"docker_options_key": "DOCKER_NETWORK_OPTIONS"},
        {"version": "v0.7.1"},
        {"version": "0.28.10-rc1"},
        {**ARCHIVE},
        {**ARCHIVE, "archive_checksum": "sha256:" + "ab" * 32},
        OF_GITHUB,
        {"etcd_endpoints": ["http://172.72.103.11:2379", "https://etcd.example:2379/"]},
        {"etcd_prefix": "/atomic.io/net-work_1"},
        {**TLS, **CERTIFICATES},
        {**TLS, "etcd_ca_cert": "/ca.pem", "version": "0.17.0"},
        {"etcd_username": "u", "etcd_password": 'a"b$c`d\\e'},
        {"options": {"iptables-resync": 10}},
        {"network": {"Network": "10.20.0.0/16", "Backend": {"Type": "extension"}}, "allow_extension": True},
    ],
)
def test_passes(host, changes):
    assert case.plan(host, **changes).refusals == []


def test_another_init_system(host):
    host["platform"]["init"] = "openrc"
    [refusal] = case.plan(host).refusals
    assert refusal.startswith("node: init system = openrc: allowed: systemd. Fix: use a systemd host.")


@pytest.mark.parametrize(
    ("version", "installed", "begins"),
    [
        (
            "0.28.10",
            None,
            "flannel_version = 0.28.10: allowed: 0.7.1, the version of the package. Fix: set flannel_version to 0.7.1",
        ),
        (
            "0.7.1",
            "0.5.5-2.el7",
            "flannel_install_method = package (flannel 0.5.5-2.el7 is installed): allowed: 0.7.1, with whose",
        ),
        (
            "0.7.1",
            "0.7.10-1.el7",
            "flannel_install_method = package (flannel 0.7.10-1.el7 is installed): allowed: 0.7.1",
        ),
        ("0.7.1", "0.7.1-4.el7", None),
        ("v0.7.1", "1:0.7.1", None),
    ],
)
def test_the_package_has_one_version(host, version, installed, begins):
    host["platform"].update(case.EL7)
    host["packages"]["flannel"] = installed
    found = case.plan(host, **{**case.BY_PACKAGE, "version": version}).refusals
    assert [text.startswith(f"node: {begins}") for text in found] == ([True] if begins else [])


def test_an_architecture_without_archives(host):
    host["platform"]["architecture"] = "386"
    found = case.plan(host, **OF_GITHUB)
    assert len(found.refusals) == 1 and found.release == {}
    assert found.refusals[0].startswith(
        "node: flannel_archive_url = : allowed: an archive for 386; flannel 0.28.10 has none"
    )
    assert case.plan(host, **ARCHIVE).refusals == []


def test_the_checks_in_their_order_whatever_is_wrong(host):
    """All at once: no check fails by what another one refuses."""
    host["platform"]["init"] = "runit"
    found = case.plan(
        host,
        interface="eth7",
        public_ip="x",
        docker_options_key="",
        start_timeout=-5,
        version="\u0664",
        install_method="archive",
        archive_checksum="?",
        etcd_endpoints=["://"],
        etcd_prefix="",
        etcd_ca_cert="/none",
        etcd_client_key="/none",
        etcd_username="\x00",
        network={"Network": 5, "Backend": []},
        options={"": None},
    )
    assert [text.partition(" = ")[0] for text in found.refusals] == [
        "node: init system",
        "node: flannel_interface",
        "node: flannel_public_ip",
        "node: flannel_docker_options_key",
        "node: flannel_start_timeout, flannel_etcd_timeout",
        "node: flannel_version",
        "node: flannel_archive_checksum",
        "node: flannel_etcd_endpoints",
        "node: flannel_etcd_prefix",
        "node: flannel_etcd_client_cert, flannel_etcd_client_key",
        "node: flannel_etcd_ca_cert",
        "node: flannel_etcd_endpoints",
        "node: flannel_etcd_ca_cert, flannel_etcd_client_cert, flannel_etcd_client_key",
        "node: flannel_etcd_username, flannel_etcd_password",
        "node: flannel_etcd_*",
    ]


@pytest.mark.parametrize("network", [{"Network": 5}, {"Backend": []}, {5: 6, "a": {None: 1}}, {"Network": None}])
def test_a_network_that_is_none_is_refused(host, network):
    assert len(case.plan(host, network=network).refusals) >= 1
