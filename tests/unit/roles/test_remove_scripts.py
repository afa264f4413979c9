# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The scripts that take the overlay off a host, with stand-ins for the programs that they call."""

from __future__ import annotations

import pathlib
import subprocess

import pytest

SCRIPTS = pathlib.Path(__file__).parents[3] / "roles/_remove/files"
PATH_LINE = "PATH=/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin"
SAVE = """#!/bin/sh
[ "$1" != --version ] || { echo "iptables-save v1.8.11 (nf_tables)"; exit; }
cat "FOLDER/${0##*/}.$2" 2>/dev/null || :
"""
RESTORE = '#!/bin/sh\n{ echo "${0##*/} $*"; cat; } >>FOLDER/restored\n'
FILTER = """*filter
:INPUT ACCEPT [0:0]
:FORWARD DROP [0:0]
:DOCKER-USER - [0:0]
:FLANNEL-FWD - [0:0]
:OVERLAY-GUARD - [0:0]
:MINE - [0:0]
-A INPUT -i docker0 -p tcp -m multiport --dports 2379,2380 -m comment --comment "overlay.flannel" -j DROP
-A INPUT -p tcp --dport 22 -m comment --comment "not overlay.flannel at all" -j ACCEPT
-A FORWARD -j DOCKER-USER
-A FORWARD -m comment --comment "flanneld forward" -j FLANNEL-FWD
-A FORWARD -s 10.20.0.0/16 -j ACCEPT
-A FORWARD -s 10.30.0.0/16 -j ACCEPT
-A DOCKER-USER ! -i docker0 -o docker0 -m comment --comment "overlay.flannel" -j OVERLAY-GUARD
-A DOCKER-USER -j RETURN
-A FLANNEL-FWD -s 10.20.0.0/16 -m comment --comment "flanneld forward" -j ACCEPT
-A OVERLAY-GUARD -m comment --comment "overlay.flannel" -j DROP
-A MINE -j ACCEPT
COMMIT
"""
NAT = """*nat
:POSTROUTING ACCEPT [0:0]
-A POSTROUTING -s 10.20.0.0/16 -d 10.20.0.0/16 -j RETURN
-A POSTROUTING -s 10.20.0.0/16 ! -d 224.0.0.0/4 -j MASQUERADE --random-fully
-A POSTROUTING ! -s 10.20.0.0/16 -d 10.20.5.0/24 -j RETURN
-A POSTROUTING ! -s 10.20.0.0/16 -d 10.20.0.0/16 -j MASQUERADE
-A POSTROUTING -s 172.17.0.0/16 ! -o docker0 -j MASQUERADE
COMMIT
"""
OURS = [
    '-D INPUT -i docker0 -p tcp -m multiport --dports 2379,2380 -m comment --comment "overlay.flannel" -j DROP',
    '-D DOCKER-USER ! -i docker0 -o docker0 -m comment --comment "overlay.flannel" -j OVERLAY-GUARD',
    "-F OVERLAY-GUARD",
    "-X OVERLAY-GUARD",
]
FLANNELS = [
    '-D FORWARD -m comment --comment "flanneld forward" -j FLANNEL-FWD',
    "-D FORWARD -s 10.20.0.0/16 -j ACCEPT",
    "-F FLANNEL-FWD",
    "-X FLANNEL-FWD",
]
DOCKERS = ["-D FORWARD -j DOCKER-USER", "-F DOCKER-USER", "-X DOCKER-USER"]


@pytest.fixture
def run(tmp_path):
    """Run a script with the stand-ins first in its PATH."""

    def program(name, text):
        path = tmp_path / "bin" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text.replace("FOLDER", str(tmp_path)))
        path.chmod(0o755)

    for name in ("iptables", "ip6tables"):
        program(f"{name}-save", SAVE)
        program(f"{name}-restore", RESTORE)
    for name in ("iptables-legacy-save", "ip6tables-legacy-save", "ip"):
        program(name, "#!/bin/sh\nexit 1\n")
    program("nft", '#!/bin/sh\n[ "$1" != list ] || cat FOLDER/nft 2>/dev/null\n')

    def call(script, *words):
        text = (SCRIPTS / script).read_text().replace(PATH_LINE, f"PATH={tmp_path}/bin:$PATH")
        done = subprocess.run(["sh", "-s", *words], input=text, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout.splitlines()

    call.program = program
    return call


def network(run, flannel="yes", docker="yes", action="delete"):
    return run("overlay-remove-network", action, flannel, docker, "", "", "10.20.0.0/16")


def words(lines, table="filter"):
    start = f"iptables -t {table} "
    return [line[len(start) :] for line in lines if line.startswith(start)]


@pytest.mark.parametrize(
    ("flannel", "docker", "wanted"),
    [
        ("yes", "yes", OURS + FLANNELS + DOCKERS),
        ("", "yes", OURS + DOCKERS),
        ("yes", "", OURS + FLANNELS),
        ("", "", OURS),
    ],
)
def test_rules_of_ours_and_of_nobody_else(run, tmp_path, flannel, docker, wanted):
    (tmp_path / "iptables-save.filter").write_text(FILTER)
    assert sorted(words(network(run, flannel, docker))) == sorted(wanted)


def test_rules_of_the_user_keep_dockers_chain(run, tmp_path):
    (tmp_path / "iptables-save.filter").write_text(
        FILTER.replace("-A DOCKER-USER -j RETURN", "-A DOCKER-USER -s 192.0.2.1/32 -j DROP")
    )
    assert sorted(words(network(run))) == sorted(OURS + FLANNELS)


def test_chains_go_in_a_second_step(run, tmp_path):
    (tmp_path / "iptables-save.filter").write_text(FILTER)
    network(run)
    first, second = (tmp_path / "restored").read_text().split("COMMIT\n")[:2]
    assert "-X" not in first and first.startswith("iptables-restore -w 30 --noflush\n*filter\n")
    assert [line[:2] for line in second.splitlines()[2:]] == ["-X"] * 3


def test_list_changes_nothing(run, tmp_path):
    (tmp_path / "iptables-save.filter").write_text(FILTER)
    assert words(network(run, action="list")) and not (tmp_path / "restored").exists()


def test_an_old_flannels_rules_are_known_word_by_word(run, tmp_path):
    (tmp_path / "iptables-save.nat").write_text(NAT)
    expected = [f"-D{line[2:]}" for line in NAT.splitlines() if "10.20" in line]
    assert words(network(run), "nat") == expected
    assert words(network(run, flannel=""), "nat") == []


def test_tables_of_nftables(run, tmp_path):
    (tmp_path / "nft").write_text(
        "table ip overlay-flannel\ntable ip flannel-ipv4\ntable ip mine-flannel-ipv4\ntable inet firewalld\n"
    )
    assert network(run) == ["nft delete table ip overlay-flannel", "nft delete table ip flannel-ipv4"]
    assert network(run, flannel="") == ["nft delete table ip overlay-flannel"]


def test_files_go_and_folders_only_where_they_are_empty(run, tmp_path):
    run.program("dpkg-query", '#!/bin/sh\n[ "${2##*/}" = packaged ]\n')
    for name in ("empty", "full", "packaged"):
        (tmp_path / name).mkdir()
    (tmp_path / "full/mine").write_text("x")
    (tmp_path / "file").write_text("x")
    (tmp_path / "dangling").symlink_to("/nowhere")
    names = ["file", "dangling", "absent", "--", "empty", "full", "packaged", "absent"]
    given = [name if name == "--" else str(tmp_path / name) for name in names]
    assert run("overlay-remove-files", *given) == [str(tmp_path / name) for name in ("file", "dangling", "empty")]
    assert (tmp_path / "full/mine").exists() and (tmp_path / "packaged").exists()
    assert run("overlay-remove-files", *given) == []


PEER_FDB = """aa:aa:aa:aa:aa:01 dev flannel.1 dst 192.0.2.3 self permanent
aa:aa:aa:aa:aa:02 dev flannel.1 dst 192.0.2.3 self permanent
bb:bb:bb:bb:bb:01 dev flannel.1 dst 192.0.2.30 self permanent
cc:cc:cc:cc:cc:01 dev other dst 192.0.2.3 self permanent
"""
PEER_IP = r"""#!/bin/sh
case "$*" in
  "-4 neigh show nud permanent")
    echo "10.20.5.0 dev flannel.1 lladdr aa:aa:aa:aa:aa:01 PERMANENT"
    echo "10.20.6.0 dev flannel.1 lladdr bb:bb:bb:bb:bb:01 PERMANENT" ;;
  "-4 route show root 10.20.0.0/16")
    echo "10.20.5.0/24 via 10.20.5.0 dev flannel.1 onlink"
    echo "10.20.6.0/24 via 10.20.6.0 dev flannel.1 onlink"
    echo "10.20.7.0/24 via 192.0.2.3 dev eth0" ;;
esac
"""


def test_a_peer_forgets_what_flanneld_has_left(run, tmp_path):
    run.program("bridge", '#!/bin/sh\n[ "$2" != show ] || cat FOLDER/fdb\n')
    run.program("ip", PEER_IP)
    (tmp_path / "fdb").write_text(PEER_FDB)
    assert run("overlay-remove-peer", "192.0.2.3", "0", "10.20.0.0/16") == [
        "the route 10.20.5.0/24 via 10.20.5.0 dev flannel.1 onlink",
        "the route 10.20.7.0/24 via 192.0.2.3 dev eth0",
        "the neighbour 10.20.5.0 on flannel.1",
        "the forwarding entry of aa:aa:aa:aa:aa:01 on flannel.1",
        "the forwarding entry of aa:aa:aa:aa:aa:02 on flannel.1",
    ]
    (tmp_path / "fdb").write_text("")
    run.program("ip", "#!/bin/sh\n")
    assert run("overlay-remove-peer", "192.0.2.3", "0", "10.20.0.0/16") == []


def test_etcds_data(run, tmp_path):
    run.program("getent", "#!/bin/sh\nexit 2\n")
    folder = tmp_path / "etcd/overlay"
    member = folder / "member"
    member.mkdir(parents=True)
    assert run("overlay-remove-etcd", "keep", str(folder), "", "", str(member)) == [] and member.exists()
    said = run("overlay-remove-etcd", "aside", str(folder), "", "", str(member))
    assert len(said) == 1 and not member.exists() and len(list(folder.glob("removed-*-member"))) == 1
    assert run("overlay-remove-etcd", "aside", str(folder), "", "", str(member)) == []
    said = run("overlay-remove-etcd", "delete", str(folder), "", "")
    assert len(said) == 3 and not folder.exists() and not folder.parent.exists()


@pytest.mark.parametrize(
    ("user", "group", "gone"),
    [
        ("etcd:x:9:9::/var/lib/etcd:/usr/sbin/nologin", "readers:x:8:", ["group readers", "user etcd"]),
        ("etcd:x:9:9::/home/etcd:/bin/sh", "readers:x:8:alice", []),
        ("", "", []),
    ],
)
def test_users_of_others_stay(run, tmp_path, user, group, gone):
    run.program(
        "getent", f'#!/bin/sh\n[ "$1" = passwd ] && text="{user}" || text="{group}"\n[ -n "$text" ] && echo "$text"\n'
    )
    for name in ("userdel", "groupdel"):
        run.program(name, "#!/bin/sh\n")
    found = run("overlay-remove-etcd", "delete", str(tmp_path / "etcd/overlay"), "etcd", "readers")
    assert found == [f"the {text} is deleted" for text in gone]
