# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A secret that is given somewhere is nowhere else: not in output, results, reports, journals, arguments of processes, or files for others."""

from __future__ import annotations

import base64
import shlex
import time
from pathlib import Path
from typing import Iterator

import pytest
from fleet import Fleet

from playbooks import Playbooks, Run

# Each by the place where it is given. They are made of other parts, so that this file's own name or text in a listing is none of them.
CANARIES = {
    name: f"canary{number}-{'x7Qz' * 3}" for number, name in enumerate(("password", "argument", "proxy", "apt"))
}
PSK = base64.b64encode(b"canary of wireguard, 32 bytes...").decode()
TEXTS = [
    *(form for text in CANARIES.values() for form in (text, base64.b64encode(text.encode()).decode().rstrip("="))),
    PSK,
]
FOLDER = "/run/overlay-canary"
# Where a secret may be, and with which mode at most
ALLOWED = {"/etc/flannel/flanneld.env": 0o600}
SEARCHED = "/etc /run /tmp /root /home /var/tmp /var/lib/overlay-docker /var/lib/systemd /usr/local"
PASSWORD = {"overlay_etcd_username": "nobody", "overlay_etcd_password": CANARIES["password"]}
CHANGED = {**PASSWORD, "flannel_ip_masq": False}
WIREGUARD = {
    "overlay_network": {"Network": "10.20.0.0/16", "SubnetLen": 24, "Backend": {"Type": "wireguard"}},
    "overlay_psk": PSK,
    "overlay_psk_over_http": True,
}
# What users have made, in places of which the facts of a host tell
FILES = {
    "/etc/systemd/system/flanneld.service.d/zz-canary.conf": "[Service]\nExecStart=\nExecStart=/usr/local/bin/flanneld"
    f' --etcd-password={CANARIES["argument"]}\nEnvironment="OWN_PASSWORD={CANARIES["argument"]}"\n',
    "/etc/default/docker": f"HTTP_PROXY=http://user:{CANARIES['proxy']}@192.0.2.1:3128\n",
    "/etc/apt/sources.list.d/canary.list": f"deb http://user:{CANARIES['apt']}@192.0.2.1/debian trixie main\n",
}


def shown(text: str) -> list[str]:
    return [line for line in text.splitlines() if any(secret in line for secret in TEXTS)]


def secret_files(fleet: Fleet, name: str) -> dict[str, int]:
    """Files of the host that hold a secret, with their modes; without those that the test has made."""
    command = f"grep -rlaFs -D skip -f {FOLDER}/secrets {SEARCHED} | xargs -r stat -c '%a %n'"
    found = (line.split(" ", 1) for line in fleet[name].run(command).stdout.splitlines())
    return {path: int(mode, 8) for mode, path in found if not path.startswith(FOLDER) and path not in FILES}


@pytest.fixture
def watched(fleet: Fleet, playbooks: Playbooks) -> Iterator[None]:
    """The arguments of all processes are read again and again; afterwards everything is searched, and as before."""
    began = time.time()
    text = "\\n".join(TEXTS)
    watch = f"while sleep 0.1; do grep -laFsf {FOLDER}/secrets /proc/[0-9]*/cmdline >>{FOLDER}/seen; done"
    for name in fleet:
        write(fleet, name, f"{FOLDER}/secrets", text.replace("\\n", "\n"))
        fleet[name].check_output(f"systemd-run --collect --unit overlay-canary sh -c {shlex.quote(watch)}")
    yield
    found = {}
    for name in fleet:
        fleet[name].check_output("systemctl stop overlay-canary")
        # Before 253 systemd cannot leave flanneld's line with its flags out of the journal; the plan warns of it.
        old = int(fleet[name].check_output("systemctl --version | sed -n '1s/[^0-9]*\\([0-9]*\\).*/\\1/p'")) < 253
        known = " | grep -av ' CLI flags config: '" if old else ""
        journal = f"journalctl --since @{int(began)} --no-pager -o cat -a | grep -aFf {FOLDER}/secrets{known}"
        found[name] = {
            "arguments": fleet[name].run(f"cat {FOLDER}/seen").stdout,
            "journal": fleet[name].run(journal).stdout,
            "files": {
                path: oct(mode) for path, mode in secret_files(fleet, name).items() if mode & ~ALLOWED.get(path, 0)
            },
        }
        fleet[name].check_output(f"rm -r {FOLDER}")
    assert (playbooks.site().rc, {name: any(what.values()) for name, what in found.items()}) == (
        0,
        dict.fromkeys(fleet, False),
    ), found


def write(fleet: Fleet, name: str, path: str, text: str) -> None:
    """The text is no argument of a process on the host: those are read."""
    source = Path(fleet.inventory).parent / "canary"
    source.write_text(text)
    source.chmod(0o600)
    try:
        fleet[name].check_output(f"mkdir -p {shlex.quote(str(Path(path).parent))}")
        fleet.copy(name, source, path)
    finally:
        source.unlink()


@pytest.fixture
def own_files(fleet: Fleet) -> Iterator[None]:
    for name in fleet:
        for path, text in FILES.items():
            fleet[name].check_output(f"[ ! -e {path} ] || mv {path} {path}.kept")
            write(fleet, name, path, text)
        fleet[name].check_output("systemctl daemon-reload")
    yield
    for name in fleet:
        for path in FILES:
            fleet[name].check_output(f"rm {path}; [ ! -e {path}.kept ] || mv {path}.kept {path}")
        fleet[name].check_output("systemctl daemon-reload")


@pytest.fixture
def known_user(fleet: Fleet) -> Iterator[None]:
    """An etcd with users knows this one, who may do everything. Made before the arguments of processes are watched."""
    if not fleet.secured:
        yield
        return
    name = PASSWORD["overlay_etcd_username"]
    fleet.etcdctl(f"user add {name} --new-user-password={CANARIES['password']}", f"user grant-role {name} root")
    yield
    fleet.etcdctl(f"user delete {name}")


def test_a_password(fleet: Fleet, playbooks: Playbooks, known_user: None, watched: None, tmp_path: Path) -> None:
    """In the second run flanneld does not start in time: its journals are shown."""
    report = tmp_path / "report.json"
    runs = [
        playbooks.unheard("site.yml", "--diff", "-vvv", variables=PASSWORD),
        playbooks.unheard("site.yml", "--diff", "-vvv", variables={**CHANGED, "flannel_start_timeout": 1}),
        playbooks.unheard("playbooks/verify.yml", "-vvv", variables={**PASSWORD, "overlay_report": str(report)}),
        playbooks.unheard(
            "playbooks/report.yml", "-vvv", variables={**PASSWORD, "overlay_report_page": str(page(tmp_path))}
        ),
    ]
    written = {name: fleet[name].file("/etc/flannel/flanneld.env") for name in fleet}
    assert any(CANARIES["password"] in file.content_string for file in written.values())
    assert {file.mode for file in written.values()} == {0o600}
    hidden(*runs)
    assert shown(report.read_text() if report.exists() else "") == []
    assert shown(page(tmp_path).read_text() + page(tmp_path).with_suffix(".json").read_text()) == []
    password_is_noticed(fleet, playbooks)


def page(folder: Path) -> Path:
    return folder / "page.html"


def password_is_noticed(fleet: Fleet, playbooks: Playbooks) -> None:
    """Though no result has a checksum of the file."""
    name = fleet.first
    digests = [
        fleet[name].check_output(f"{program} /etc/flannel/flanneld.env").split()[0]
        for program in ("sha256sum", "sha1sum", "md5sum")
    ]
    same = playbooks.unheard("site.yml", "--check", "--diff", "-vvv", variables=CHANGED)
    other = playbooks.unheard(
        "site.yml", "--check", "--diff", "-vvv", variables={**CHANGED, "overlay_etcd_password": "another one"}
    )
    noticed = "/etc/flannel/flanneld.env changes"
    assert [noticed in run.output for run in (same, other)] == [False, True]
    hidden(same, other)
    assert [digest for run in (same, other) for digest in digests if digest in run.output] == []


def hidden(*runs: Run) -> None:
    assert [shown(run.output) for run in runs] == [[] for _ in runs]


def test_a_key(playbooks: Playbooks, watched: None) -> None:
    """Refused over http, and shown nowhere by a dry run where it is allowed."""
    refused = playbooks.unheard(
        "site.yml", "--check", "--diff", "-vvv", variables={**WIREGUARD, "overlay_psk_over_http": False}
    )
    dry = playbooks.unheard("site.yml", "--check", "--diff", "-vvv", variables=WIREGUARD)
    hidden(refused, dry)
    if "http://" in refused.output.split("overlay_psk, or a key in overlay_network", 1)[-1][:200]:
        assert refused.rc != 0
    assert "a key (hidden)" not in dry.output


def test_what_users_have_made(playbooks: Playbooks, watched: None, own_files: None, tmp_path: Path) -> None:
    """Units, environments and sources of packages that hold secrets: the facts of a host tell of them."""
    report = tmp_path / "report.json"
    dry = playbooks.unheard("site.yml", "--check", "--diff", "-vvv")
    verify = playbooks.unheard("playbooks/verify.yml", "-vvv", variables={"overlay_report": str(report)})
    variables = {"overlay_report_page": str(page(tmp_path))}
    hidden(dry, verify, playbooks.unheard("playbooks/report.yml", "-vvv", variables=variables))
    assert "flanneld --etcd-password=***" in dry.output + verify.output
    assert shown(report.read_text()) == []
    assert shown(page(tmp_path).read_text() + page(tmp_path).with_suffix(".json").read_text()) == []
