# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The script that writes /run/flannel/docker, with a stand-in for mk-docker-opts.sh and a folder of its own."""

from __future__ import annotations

import pathlib
import shutil
import subprocess

import pytest

SCRIPT = pathlib.Path(__file__).parents[3] / "roles/flannel/files/overlay-flannel-options"
# What mk-docker-opts.sh of v0.28.10 writes.
MAKER = """#!/bin/sh
while getopts f:d:ck: name; do case $name in f) from=$OPTARG;; d) to=$OPTARG;; k) key=$OPTARG;; esac; done
. "$from"
printf 'DOCKER_OPT_BIP="--bip=%s"\\nDOCKER_OPT_IPMASQ="--ip-masq=false"\\nDOCKER_OPT_MTU="--mtu=%s"\\n' "$FLANNEL_SUBNET" "$FLANNEL_MTU" > "$to"
echo "$key=\\"${SURPLUS:-} --bip=$FLANNEL_SUBNET --ip-masq=false --mtu=$FLANNEL_MTU\\"" >> "$to"
exit STATUS
"""

pytestmark = pytest.mark.skipif(not shutil.which("ip"), reason="the script reads the routes with ip")


@pytest.fixture
def host(tmp_path):
    class Host:
        docker = tmp_path / "docker"

        def write(self, maker=MAKER, status="0", **subnet):
            values = {"FLANNEL_SUBNET": "198.18.5.1/24", "FLANNEL_MTU": "1450", **subnet}
            (tmp_path / "subnet.env").write_text("".join(f"{name}={value}\n" for name, value in values.items()))
            (tmp_path / "maker").write_text(maker.replace("STATUS", status))
            (tmp_path / "maker").chmod(0o755)

        def run(self, **environment):
            argv = ["sh", str(SCRIPT), "DOCKER_OPTS", str(tmp_path / "maker"), str(tmp_path)]
            env = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", **environment}
            return subprocess.run(argv, env=env, capture_output=True, text=True, check=False)

        def leftovers(self):
            return [path.name for path in tmp_path.iterdir() if path.name.startswith(".docker")]

    return Host()


def test_each_option_and_one_line_with_all(host):
    host.write()
    assert host.run(SURPLUS="--evil", DOCKER_OPT_X="--evil", DOCKER_OPTS="--evil").returncode == 0
    assert host.docker.read_text().splitlines() == [
        'DOCKER_OPT_BIP="--bip=198.18.5.1/24"',
        'DOCKER_OPT_IPMASQ="--ip-masq=false"',
        'DOCKER_OPT_MTU="--mtu=1450"',
        'DOCKER_OPTS=" --bip=198.18.5.1/24 --ip-masq=false --mtu=1450"',
    ]
    assert host.docker.stat().st_mode & 0o777 == 0o644
    assert host.leftovers() == []


def test_the_same_content_is_not_written_again(host):
    host.write()
    host.run()
    before = host.docker.stat()
    host.run()
    assert (host.docker.stat().st_mtime_ns, host.docker.stat().st_ino) == (before.st_mtime_ns, before.st_ino)


@pytest.mark.parametrize(
    ("subnet", "network"),
    [
        ("fd00:5:0:4::1/64", "fd00:5:0:4::/64"),
        ("fd00:5::101/120", "fd00:5::100/120"),
        ("fd00:5::25/126", "fd00:5::24/126"),
        ("fd00:5::2d/126", "fd00:5::2c/126"),
        ("fd00:1:2:3:4:5:6:1/112", "fd00:1:2:3:4:5:6:0/112"),
    ],
)
def test_ipv6_options_name_the_network(host, subnet, network):
    host.write(FLANNEL_IPV6_SUBNET=subnet)
    host.run()
    assert host.docker.read_text().endswith(f' --mtu=1450 --ipv6 --fixed-cidr-v6={network}"\n')


def test_a_status_about_routes_does_not_count(host):
    host.write(status="1")
    assert host.run().returncode == 0
    assert "--bip=198.18.5.1/24" in host.docker.read_text()


@pytest.mark.parametrize(
    ("change", "word"),
    [
        (
            {
                "maker": '#!/bin/sh\nwhile getopts f:d:ck: n; do [ $n = d ] && echo \'DOCKER_OPTS=""\' > "$OPTARG"; done\n'
            },
            "--bip",
        ),
        ({"maker": "#!/bin/sh\nexit 1\n"}, "--bip"),
        ({"FLANNEL_SUBNET": ""}, "no FLANNEL_SUBNET"),
    ],
)
def test_an_empty_result_never_replaces_a_good_one(host, change, word):
    host.write()
    host.run()
    good = host.docker.read_text()
    host.write(**change)
    done = host.run()
    assert done.returncode == 1 and word in done.stderr
    assert host.docker.read_text() == good
    assert host.leftovers() == []
