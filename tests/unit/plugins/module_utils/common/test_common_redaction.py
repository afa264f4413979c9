# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One table of cases for the function in Python and for the one in shell, which runs on hosts without Python."""

from __future__ import annotations

import base64
import pathlib
import random
import subprocess
import time

import pytest

from ansible_collections.overlay.flannel.plugins.module_utils.common import redaction
from ansible_collections.overlay.flannel.plugins.module_utils.common.redaction import redact, redact_arguments

SCRIPT = pathlib.Path(__file__).parents[5] / "roles/docker/files/overlay-docker-refresh"
BEGIN, END = "-----BEGIN EC PRIVATE KEY-----", "-----END EC PRIVATE KEY-----"
FLAGS = "I1126 16:00:00.000000 9 main.go:211] CLI flags config: {etcdEndpoints:http://192.0.2.1:2379 etcdUsername:root etcdPassword:"
CASES = {
    "": "",
    "etcd is ready": "etcd is ready",
    # flanneld's first line; the password may hold everything
    FLAGS + "hush version:false}": FLAGS + "***",
    FLAGS + "hu sh version:true}": FLAGS + "***",
    # command lines
    "flanneld --etcd-password=hush --iface=eth0": "flanneld --etcd-password=*** --iface=eth0",
    "flanneld -etcd-password hush --iface=eth0": "flanneld -etcd-password *** --iface=eth0",
    'flanneld --etcd-password "hu sh" -v': "flanneld --etcd-password *** -v",
    "flanneld --etcd-password 'hu sh'hush -v": "flanneld --etcd-password *** -v",
    'flanneld --etcd-password="hu sh"hush -v': 'flanneld --etcd-password="***" -v',
    'ExecStart=/srv/flanneld "--etcd-password=hu sh" -v': 'ExecStart=/srv/flanneld "--etcd-password=***" -v',
    "ExecStart=/srv/flanneld '--etcd-password=hu sh' -v": "ExecStart=/srv/flanneld '--etcd-password=***' -v",
    "etcdctl --user root:hush get /": "etcdctl --user *** get /",
    "etcdctl --user=root:hu:sh get /": "etcdctl --user=*** get /",
    "curl -u root:hush http://a": "curl -u *** http://a",
    "etcd --initial-cluster-token=lab": "etcd --initial-cluster-token=lab",
    "dockerd --userns-remap=a:b": "dockerd --userns-remap=a:b",
    # variables
    "FLANNELD_ETCD_PASSWORD=hush": "FLANNELD_ETCD_PASSWORD=***",
    'FLANNELD_ETCD_PASSWORD="hu\\"sh"': 'FLANNELD_ETCD_PASSWORD="***"',
    'Environment="A_PASSWORD=hu sh" B=c': 'Environment="A_PASSWORD=***" B=c',
    "Environment=A_PASSWORD=hush B_SECRET=hush C=d": "Environment=A_PASSWORD=*** B_SECRET=*** C=d",
    "ETCDCTL_USER=root:hush etcdctl": "ETCDCTL_USER=*** etcdctl",
    "PASSWORD=hu\"sh'hush": "PASSWORD=***",
    "password=": "password=",
    "started with another FLANNELD_ETCD_PASSWORD than the file": "started with another FLANNELD_ETCD_PASSWORD than the file",
    # JSON
    '{"Type": "wireguard", "PSK": "hush", "Mode": "auto"}': '{"Type": "wireguard", "PSK": "***", "Mode": "auto"}',
    '{"psk":"hu\\"sh","a":1}': '{"psk":"***","a":1}',
    '{"AccessKeySecret":"hush"}': '{"AccessKeySecret":"***"}',
    '{"secret":12345,"a":1}': '{"secret":***,"a":1}',
    '{"secrets":{"a":1}}': '{"secrets":{"a":1}}',
    '"{\\"PSK\\":\\"hush\\",\\"a\\":1}"': '"{\\"PSK\\": ***',
    # URLs
    "proxy http://user:hush@192.0.2.1:3128/ b": "proxy http://***@192.0.2.1:3128/ b",
    "http://user:hu@sh@192.0.2.1": "http://***@192.0.2.1",
    "http://192.0.2.1:2379/@": "http://192.0.2.1:2379/@",
    "http://u:hush@b:1,http://b:2/@": "http://***@b:1,http://b:2/@",
    # headers
    "> Authorization: Basic aHVzaA==": "> Authorization: ***",
    '"Proxy-Authorization": "Bearer hush"': '"Proxy-Authorization": ***',
    "token Bearer hush.hush, expired": "token Bearer *** expired",
    # texts
    "password: hu sh": "password:***",
    "  wireguard psk: hush": "  wireguard psk:***",
    "permission denied for the user": "permission denied for the user",
    # keys
    f"a {BEGIN} hush": "a (a private key)",
    f"a\n{BEGIN}\nhush\nhush\n{END}\nb": "a\n(a private key)\nb",
    f"{BEGIN}hush{END}\nb": "(a private key)\nb",
    f"{BEGIN}\nhush\nhush": "(a private key)",
    "-----BEGIN PRIVATE KEY-----\nhush\n-----END PRIVATE KEY-----": "(a private key)",
    "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----": "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----",
}


def by_shell(text):
    """The functions of the script, without what it does."""
    functions = SCRIPT.read_text()
    first, last = functions.index("\nredacted() {"), functions.index("\njournal_tail()")
    done = subprocess.run(
        ["sh", "-c", functions[first:last] + "\nredacted"], input=text.encode(), stdout=subprocess.PIPE, check=True
    )
    return done.stdout.decode()


@pytest.mark.parametrize(("text", "shown"), CASES.items())
def test_texts(text, shown):
    assert redact(text) == shown
    assert by_shell(text) == shown
    assert "hush" not in shown
    assert redact(shown) == shown


def test_both_have_the_same_rules():
    """The script abbreviates two parts of them."""
    script = SCRIPT.read_text()
    assert f"name='{redaction.NAME}'" in script
    assert 'start="{}"'.format(redaction.START.replace('"', '\\"')) in script
    for pattern, replacement in redaction.RULES:
        rule = pattern.replace(redaction.NAME, "NAME").replace(redaction.START, "START")
        assert f"\ns#{rule}#{replacement}#Ig\n" in script


PARTS = (
    *("password", "PSK", "x_secret", "a", "--etcd-password", "-u", "--user", "Bearer ", "Authorization", "://", "é"),
    *("=", ":", " ", '"', "'", "\\", '\\"', "@", "/", ",", "{", "}", "hush", "-", "\t", "\n", BEGIN, END),
)


@pytest.mark.parametrize("seed", range(2))
def test_both_do_the_same_with_every_text(seed):
    """One text after the other in one go: a key that does not end would hide the rest in both."""
    chance = random.Random(seed)
    text = "\n".join("".join(chance.choices(PARTS[:-2], k=chance.randint(1, 12))) for _ in range(1000))
    assert by_shell(text + "\n") == redact(text) + "\n"
    for _ in range(10):
        text = "".join(chance.choices(PARTS, k=30))
        assert by_shell(text + "\n") == redact(text) + "\n"


def test_control_characters_on_the_host():
    """The journal of a daemon holds what others have sent it."""
    assert by_shell("a\x1b[31mb\x07\tc\x7f\n") == "a?[31mb?\tc?\n"


@pytest.mark.parametrize(
    "text", ["a" * 9999, "psk" * 3000, "-" * 9999, 'psk="' + "\\" * 9999, "psk='" * 2000, "//:" * 3000]
)
def test_long_lines_take_no_time(text):
    began = time.process_time()
    redact(text)
    assert time.process_time() - began < 1


@pytest.mark.parametrize(
    ("argv", "shown"),
    [
        (["a", "-etcd-password=x", "b"], ["a", "-etcd-password=***", "b"]),
        (["a", "--etcd-password", "x", "b"], ["a", "--etcd-password", "***", "b"]),
        (["a", "--etcd-password", "--etcd-password", "b"], ["a", "--etcd-password", "***", "b"]),
        (["a", "--etcd-password=x y z"], ["a", "--etcd-password=***"]),
        (["a", "--initial-cluster-token=x"], ["a", "--initial-cluster-token=x"]),
        (["a", "-e=http://u:x@b:1,http://b:2/@"], ["a", "-e=http://***@b:1,http://b:2/@"]),
        (["a", "--http-proxy", "http://u:x@b"], ["a", "--http-proxy", "http://***@b"]),
        (["docker", "-e", "A_PASSWORD=x y"], ["docker", "-e", "A_PASSWORD=***"]),
        (["a", '{"PSK":"x"}'], ["a", '{"PSK":"***"}']),
    ],
)
def test_arguments(argv, shown):
    assert redact_arguments(argv) == shown


def test_known_secrets():
    secret = "geheim 7"
    text = f"failed for [{secret}] ({base64.b64encode(secret.encode()).decode()}), psk=abcdef"
    assert redaction.redact_known(text, [secret, "", "for"]) == "failed for [***] (***), psk=***"
