# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""etcd as it is founded by default: with TLS, users, and certificates that are renewed."""

from __future__ import annotations

import subprocess

import pytest
from fleet import Fleet
from neighbour import Neighbour

from ansible_collections.overlay.flannel.plugins.module_utils.common.certificates import ends_in
from playbooks import Playbooks

CONFIG = "/flannel/network/config"
# What a client without a certificate gets, by http and by https
ASK = """
import socket, ssl, sys
text = b''
for secure in (False, True):
    try:
        peer = socket.create_connection((sys.argv[1], 2379), 5)
        if secure:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
            peer = context.wrap_socket(peer)
        body = b'{"key": "L2ZsYW5uZWwvbmV0d29yay9jb25maWc="}'
        peer.sendall(b'POST /v3/kv/range HTTP/1.0\\r\\nContent-Length: %d\\r\\n\\r\\n%s' % (len(body), body))
        text += peer.recv(4096)
    except OSError as error:
        text += type(error).__name__.encode()
print(text)
"""


@pytest.fixture(autouse=True)
def _secured(fleet: Fleet) -> None:
    if not fleet.secured:
        pytest.skip("this fleet was founded without TLS")


def test_a_neighbour_without_a_certificate_gets_nothing(fleet: Fleet, neighbour: Neighbour) -> None:
    command = ["ip", "netns", "exec", neighbour.namespace, "python3", "-c", ASK, fleet.address(fleet.first)]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    assert "kvs" not in said and "10.20" not in said
    assert "Error" in said or "Reset" in said or "400" in said


def test_flannel_may_only_touch_its_own_keys(fleet: Fleet) -> None:
    if fleet.speaks_v2():
        pytest.skip("the v2 API knows no users by certificate")
    name = fleet.names[-1]
    files = " ".join(
        f"--{kind}=/etc/flannel/pki/{file}"
        for kind, file in (("cacert", "ca.crt"), ("cert", "client.crt"), ("key", "client.key"))
    )
    run = f"etcdctl --endpoints={fleet.endpoint(fleet.first)} {files} "
    host = fleet[fleet.first]
    assert "10.20.0.0" in host.check_output(f"{run} get {CONFIG}")
    lease = fleet.etcdctl("get --prefix --keys-only /flannel/network/subnets/").split()[0]
    assert "PublicIP" in host.check_output(f"{run} get {lease}")
    for words in (f"put {CONFIG} x", "get --prefix /", "get /flannel/network2/config", "put /flannel/x y", "user list"):
        done = host.run(f"{run} {words}")
        assert done.rc != 0 and "permission denied" in done.stderr, (name, words)


def test_who_reads_without_being_root(fleet: Fleet) -> None:
    """Members of one group; nobody else on the host."""
    host = fleet[fleet.first]
    host.check_output("useradd --groups etcd-readers reads && useradd stranger")
    try:
        ask = f"bash -lc 'etcdctl get {CONFIG}'"
        assert "10.20.0.0" in host.check_output(f"runuser -u reads -- {ask}")
        assert "10.20.0.0" not in host.run(f"runuser -u stranger -- {ask}").stdout
    finally:
        host.check_output("userdel reads; userdel stranger")


def ends(fleet: Fleet, name: str, path: str) -> float:
    return ends_in(fleet[name].check_output(f"cat {path}"))[0]


def private_keys(fleet: Fleet) -> set[str]:
    """The two lines of their files on the controller that hold the private half; the third one is public, and part of the certificate."""
    folder = fleet.inventory.parent / "pki"
    lines = {line for path in folder.rglob("*.key") for line in path.read_text().splitlines()[1:3]}
    assert lines
    return lines


def test_certificates_are_renewed_without_a_restart_of_etcd(fleet: Fleet, playbooks: Playbooks) -> None:
    """flanneld reads its certificate only when it starts."""
    paths = {fleet.first: "/etc/etcd/pki/server.crt", fleet.names[-1]: "/etc/flannel/pki/client.crt"}
    before = {name: ends(fleet, name, path) for name, path in paths.items()}
    started, leases = {name: fleet.started(name) for name in fleet}, {name: fleet.lease(name) for name in fleet}
    longer = {"overlay_pki_days": 800, "overlay_pki_renew_days": 500}
    keys = private_keys(fleet)
    run = playbooks.unheard("playbooks/certificates.yml", "-vvv", "--diff", variables=longer)
    assert run.rc == 0 and f"{len(fleet.names)} healthy" in run.output, run.output[-4000:]
    assert keys != private_keys(fleet)
    assert [key for key in keys | private_keys(fleet) if key in run.output] == []
    after = {name: ends(fleet, name, path) for name, path in paths.items()}
    assert [name for name in paths if after[name] == before[name]] == []
    for name in fleet:
        now = fleet.started(name)
        same = [unit for unit in ("etcd.service", "docker.service") if now.get(unit) != started[name].get(unit)]
        assert same == [] and now["flanneld.service"] != started[name]["flanneld.service"], name
    assert {name: fleet.lease(name) for name in fleet} == leases
    again = playbooks.run("playbooks/certificates.yml", variables=longer)
    assert again.rc == 0 and again.changed == dict.fromkeys(fleet, 0)
    assert f"{len(fleet.names)} hosts, {len(fleet.names)} healthy" in again.output
