# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bad things on purpose, for each module of the action group `etcd`: one clear error in time, and nothing changes."""

from __future__ import annotations

import contextlib
import subprocess

import pytest
from certificates import DAY, Authority
from etcd_kinds import USER, fill, start_three, v2_options
from etcd_server import folder_of, own_port
from proxy import Proxy, Tap, Treatment
from subjects import SUBJECTS, group


def test_every_module_has_an_entry():
    assert sorted(SUBJECTS) == sorted(group())


def test_nobody_is_there(trial):
    url = f"http://127.0.0.1:{own_port()}"
    trial.fails(url, "connection refused", endpoints=[url], timeout=60)  # at once, not after the time-out


def test_somebody_mute_is_there(trial, mute):
    trial.fails(mute, "no answer within", endpoints=[mute], timeout=2, seconds=2)


@pytest.fixture(scope="module")
def three(start_for_module):
    """Three members of which the first has died."""
    members = start_three(start_for_module, "3.4")
    members[0].stop()
    members[1].wait()  # until the others have a leader
    return members


def test_one_of_three_is_down(trial, three):
    trial.place.etcd = three[1]
    trial.subject.arrange(trial.place)
    trial.works(endpoints=[member.url for member in three])


def test_two_of_three_are_down(trial, start):
    members = start_three(start, "3.4")
    trial.place.etcd = members[2]
    trial.subject.arrange(trial.place)
    for member in members[:2]:
        member.stop()
    trial.refuses(members[2].url, endpoints=[member.url for member in members], timeout=3, seconds=3)


def test_another_authority(trial, tmp_path):
    trial.use("tls")
    trial.fails("TLS: ", ca_cert=str(Authority(tmp_path, "other").certificate), timeout=3, seconds=3)


def test_a_client_certificate_that_has_ended(trial):
    trial.use("tls")
    ended = trial.kinds.tls_options(trial.kinds.authority, trial.kinds.authority.issue("ended", lasts=-DAY))
    trial.fails("TLS: ", **ended, timeout=3, seconds=3)


def test_a_server_certificate_that_has_ended(trial):
    trial.use("ended")
    trial.fails("TLS: ", "expired", timeout=3, seconds=3)


def test_the_certificate_of_another_host(trial):
    trial.use("elsewhere")
    trial.fails("TLS: ", timeout=3, seconds=3)


def test_no_client_certificate(trial):
    trial.use("tls")
    trial.fails("TLS: ", client_cert=None, client_key=None, timeout=3, seconds=3)


def test_plain_text_where_tls_is_wanted(trial):
    url = trial.use("tls").etcd.url.replace("https:", "http:")
    trial.fails(url, endpoints=[url], timeout=3, seconds=3)


def test_tls(trial):
    trial.use("tls")
    trial.works()


def test_users(trial):
    trial.use("users")
    trial.works()


def test_a_wrong_password(trial):
    trial.use("users")
    result = trial.fails("username and password", username=USER["username"], password="falsch:geraten")
    assert "falsch:geraten" not in str(result)


def test_no_user_where_one_is_wanted(trial):
    trial.use("users")
    trial.fails("username and password", username=None, password=None)


def test_no_right_on_the_prefix(trial):
    trial.use("users")
    trial.fails("may not", prefix="/other/network")


@pytest.mark.usefixtures("only_v3")  # the v2 store lives in memory and knows no quota
def test_a_full_etcd(writer, start):
    version = writer.subject.version("v3")
    writer.place.etcd = start(version, "--quota-backend-bytes=200000", *v2_options(version))
    writer.subject.arrange(writer.place)
    fill(writer.place.etcd)
    writer.fails("etcd is full", "alarm disarm")


@pytest.fixture
def spoilt(trial):
    """Put a proxy between module and etcd that treats the answers in this way."""
    with contextlib.ExitStack() as ends:

        def spoil(**treatment):
            proxy = Proxy(trial.place.etcd.url, Treatment(**treatment))
            ends.callback(proxy.close)
            return proxy.url

        yield spoil


def test_a_slow_etcd(trial, spoilt):
    """Each answer comes, in time."""
    trial.works(endpoints=[spoilt(delay=0.2)], timeout=20)


@pytest.mark.parametrize("stall_after", [100, 2000])
def test_an_etcd_that_stops_in_the_middle_of_an_answer(trial, spoilt, stall_after):
    trial.place.keys.put(trial.place.config_key, '{"Network": "10.5.0.0/16", "Nonce": "%s"}' % ("x" * 20000))
    url = spoilt(stall_after=stall_after)
    trial.fails(url, "no", "answer", endpoints=[url], timeout=2, seconds=2)


def test_an_etcd_that_drips(trial, spoilt):
    """Each byte comes before a socket's time-out, the whole never."""
    url = spoilt(drip=True)
    trial.fails(url, "no", "answer", endpoints=[url], timeout=2, seconds=2)


@pytest.fixture
def tapped(writer, tmp_path):
    """Run the module with somebody who hears of each of its writes before etcd does."""
    taps = []

    def run(on_write, **changed):
        taps.append(Tap(writer.place, tmp_path, on_write))
        return writer.run(**taps[-1].options, **changed), taps[-1].writes

    yield run
    for tap in taps:
        tap.proxy.close()


def test_a_write_whose_answer_is_lost(writer, tapped):
    """It may have been done: that is said, and the next run does only what is left."""
    result, writes = tapped(lambda turn: True, timeout=3)
    assert writes == 1
    assert result["failed"]
    assert "may have been written" in result["msg"]
    assert "Fix: " in result["msg"]
    assert result["maybe_written"]
    assert not writer.run().get("failed")
    assert not writer.run()["changed"]


def test_another_writer_who_does_not_stop(writer, tapped):
    """Whatever the module does about it: what the other wrote last stays."""
    left = {}

    def rival(turn):
        writer.subject.rival(writer.place, turn)
        left.update(writer.place.etcd.everything())
        return False

    result, writes = tapped(rival)
    assert writes >= 1
    assert result["failed"], result
    assert "Fix: " in result["msg"]
    assert writer.place.etcd.everything() == left


def test_another_writer_who_comes_once(writer, tapped):
    """The module looks again, and then writes or refuses: never blindly."""
    left = {}

    def rival(turn):
        if turn == 1:
            writer.subject.rival(writer.place, turn)
            left.update(writer.place.etcd.everything())
        return False

    result, writes = tapped(rival)
    if result.get("failed"):
        assert "Fix: " in result["msg"]
        assert writer.place.etcd.everything() == left
    else:
        assert writes == (2 if result["changed"] else 1)


@pytest.fixture
def etcdctl(only_v3, tmp_path):
    """A program that is given out for etcdctl."""
    path = tmp_path / "etcdctl"

    def make(text, mode=0o755):
        path.write_text(text)
        path.chmod(mode)
        return str(path)

    return make


def test_no_etcdctl(trial, etcdctl):
    trial.fails("etcdctl = /nowhere/etcdctl: No such file or directory", "install it", etcdctl="/nowhere/etcdctl")


def test_an_etcdctl_that_is_not_executable(trial, etcdctl):
    trial.fails("Permission denied", "set etcdctl to its path", etcdctl=etcdctl("#!/bin/sh\n", mode=0o644))


def test_an_etcdctl_that_is_no_program(trial, etcdctl):
    trial.fails("Exec format error", etcdctl=etcdctl("\0\1\2"))


def test_an_etcdctl_that_speaks_only_v2(trial, etcdctl):
    """Debian's 3.4, made to speak as those before 3.0 and as 3.0 to 3.3 without ETCDCTL_API."""
    real = folder_of("3.4") / "etcdctl"
    trial.fails("too old", "etcd 3.3 or newer", etcdctl=etcdctl(f'#!/bin/sh\nETCDCTL_API=2 exec {real} "$@"\n'))


def test_an_etcdctl_of_etcd_2(trial, etcdctl):
    """A stand-in: that of etcd 2 prints its usage where it does not know an option, and ends with 0, since its main
    function drops the error (etcdctl/main.go, github.com/codegangsta/cli)."""
    path = etcdctl("#!/bin/sh\nprintf 'Incorrect Usage.\\n\\nNAME:\\n   etcdctl - A simple command line client\\n'\n")
    trial.fails("did not print etcd's answer, but: Incorrect Usage.", "older", etcdctl=path)


@pytest.mark.parametrize("printed", ["", "hello", '{"kvs": 5, "members": 5}'])
def test_an_etcdctl_that_prints_rubbish(trial, etcdctl, printed):
    trial.fails("did not print etcd's answer", etcdctl=etcdctl(f"#!/bin/sh\nprintf '%s' '{printed}'\n"))


def test_an_etcdctl_that_does_not_end(trial, etcdctl):
    trial.fails("did not end within", etcdctl=etcdctl("#!/bin/sh\nsleep 60 & wait\n"), timeout=2, seconds=2)


@pytest.fixture(scope="session")
def german(tmp_path_factory):
    """A locale that is neither English nor UTF-8, where the system's messages are translated."""
    folder = tmp_path_factory.mktemp("locales")
    command = ["localedef", "--no-archive", "-i", "de_DE", "-f", "ISO-8859-1", str(folder / "de_DE")]
    subprocess.run(command, check=True, capture_output=True)
    return {"LOCPATH": str(folder), "LC_ALL": "de_DE", "LANGUAGE": "de"}


@pytest.mark.parametrize("name", ["C", "xx_XX.UTF-8", "german"])
def test_foreign_locales(trial, name, request):
    variables = request.getfixturevalue("german") if name == "german" else {"LC_ALL": name}
    url = f"http://127.0.0.1:{own_port()}"
    trial.fails("connection refused", endpoints=[url], variables=variables)
    trial.place.prefix += "/über"
    trial.subject.arrange(trial.place)
    trial.works(variables=variables)
    assert not trial.run()["changed"]  # by the caller's own locale the key is the same


def test_a_password_in_a_foreign_locale(trial, german):
    trial.use("users")
    trial.works(variables=german)


ODD = [
    b"subnets/10.5.9.0-24\xff",
    b"subnets/\x00",
    b"subnets/10.5.9.0-24\n",
    b"subnets/'\"`$(touch x)\\",
    b"subnets/" + b"9" * 3000,
    b"\xfe\xff",
    "config/ü😀".encode(),
]


def test_odd_bytes(trial):
    """Keys and values that another client has written beside the module's own."""
    if trial.api == "v2":
        for number, key in enumerate(ODD):
            with contextlib.suppress(Exception):
                name = key.decode("utf-8", "replace").replace("\x00", "")
                trial.place.keys.put(f"{trial.place.prefix}/{name}", "\x00\n'\"\\" + "é" * number)
    else:
        for key in ODD:
            put_bytes(trial.place, trial.place.prefix.encode() + b"/" + key, b"\xff\x00\n'\"\\" + key)
    others = trial.place.etcd.everything()
    result = trial.run()
    assert not result.get("failed") or "Fix: " in result["msg"], result
    after = trial.place.etcd.everything()
    assert {key: after.get(key) for key in others} == others


def put_bytes(place, key, value):
    """By a transaction, since no argument can hold a zero byte."""
    text = f"\n\nput {go_quoted(key)} {go_quoted(value)}\n\n\n".lstrip("\n")
    place.etcd.etcdctl("txn", stdin="\n" + text)


def go_quoted(data):
    return '"' + "".join(f"\\x{byte:02x}" for byte in data) + '"'


def test_a_huge_answer(trial):
    """8 MB below the prefix."""
    for number in range(8):
        trial.place.keys.put(f"{trial.place.prefix}/huge/{number}", "x" * 1_000_000)
    trial.works()
