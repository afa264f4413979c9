"""One host: its tree, its start, its end."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from . import cgroup, debs, image
from .run import run, say, wait_for
from .settings import Host, Lab, LabError

START = Path(__file__).parent.parent / "start-host"
BUSYBOX = "usr/local/share/overlay-lab/busybox.tar"
IMAGE = "busybox"
APPLETS = "sh cat echo httpd hostname ip ls nc ping ping6 sleep tail true wget".split()

NETWORK = """\
[Match]
Name=host0

[Network]
Address={address}/24
Address={address6}/64
Gateway={gateway}
LinkLocalAddressing=ipv6
IPv6AcceptRA=no
"""


def make(lab: Lab, host: Host) -> None:
    """A fresh tree from the image; a half-made one of an interrupted run is thrown away."""
    tree = lab.tree(host)
    if tree.is_dir():
        return
    new = tree.with_suffix(".new")
    shutil.rmtree(new, ignore_errors=True)
    run("cp", "-a", "--reflink=auto", image.tree(host.suite), new)
    debs.seed(host.suite, new)
    configure(lab, host, new)
    new.rename(tree)


def configure(lab: Lab, host: Host, tree: Path) -> None:
    """What makes this host itself."""
    address6 = f"fd72::{':'.join(host.address.split('.'))}"
    network = NETWORK.format(address=host.address, address6=address6, gateway=f"{lab.net}.1")
    names = "".join(f"{other.address} {other.name}\n" for other in lab.hosts)
    files = {
        "etc/hostname": f"{host.name}\n",
        "etc/hosts": f"127.0.0.1 localhost\n::1 localhost\n{names}",
        "etc/resolv.conf": resolver(),
        "etc/systemd/network/10-host0.network": network,
        # A machine that forwards hands its setting down to every new network namespace.
        "etc/sysctl.d/00-lab.conf": "net.ipv4.ip_forward = 0\n",
        "root/.ssh/authorized_keys": lab.key.with_suffix(".pub").read_text(),
    }
    for path, text in files.items():
        (tree / path).write_text(text)
    (tree / BUSYBOX).parent.mkdir(parents=True)
    pack_busybox(tree / BUSYBOX)


def resolver() -> str:
    """Not a stub on this machine's loopback, which no host could reach."""
    behind = Path("/run/systemd/resolve/resolv.conf")
    text = Path("/etc/resolv.conf").read_text()
    return behind.read_text() if "nameserver 127." in text and behind.exists() else text


def pack_busybox(target: Path) -> None:
    """A container image for `docker import`, as no registry is needed then."""
    with tarfile.open(target, "w") as tar:
        tar.add("/bin/busybox", "bin/busybox")
        for applet in APPLETS:
            link = tarfile.TarInfo(f"bin/{applet}")
            link.type, link.linkname = tarfile.SYMTYPE, "busybox"
            tar.addfile(link)


def group(lab: Lab, host: Host) -> Path:
    return cgroup.of(lab.name, host.name)


def running(lab: Lab, host: Host) -> bool:
    return cgroup.running(group(lab, host))


def start(lab: Lab, host: Host) -> None:
    if running(lab, host):
        return
    group(lab, host).mkdir(parents=True, exist_ok=True)
    words: list[str | Path] = [
        START,
        group(lab, host),
        lab.tree(host),
        lab.machine(host),
        host.name,
        lab.bridge,
        lab.boots(host),
    ]
    with lab.log(host).open("ab") as log:
        subprocess.Popen(
            ["unshare", "--mount", *words],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            cwd="/",
        )
    with explained(lab, host):
        wait_for(f"{host.name} starts", lambda: running(lab, host), 10)


def wait_ready(lab: Lab, host: Host) -> None:
    with explained(lab, host):
        wait_for(f"{host.name} answers on port 22", lambda: answers(lab, host), 90)
    say(f"{host.name}: ready at {host.address}, Debian {host.suite}")


@contextmanager
def explained(lab: Lab, host: Host) -> Iterator[None]:
    """A host that does not come up has told why on its console."""
    try:
        yield
    except LabError as error:
        tail = lab.log(host).read_text(errors="replace")[-3000:]
        raise LabError(f"{error}; the end of its console, {lab.log(host)}:\n{tail}") from None


def answers(lab: Lab, host: Host) -> bool:
    if not running(lab, host):
        raise LabError(f"{host.name} has ended")
    try:
        with socket.create_connection((host.address, 22), timeout=1) as link:
            return link.recv(4) == b"SSH-"
    except OSError:
        return False


def boot_count(lab: Lab, host: Host) -> int:
    return lab.boots(host).stat().st_size if lab.boots(host).exists() else 0


def reboot(lab: Lab, host: Host) -> None:
    """As the host's own `reboot` does it."""
    before = boot_count(lab, host)
    subprocess.run([*ssh(lab, host), "systemctl", "reboot"], check=False, capture_output=True)
    wait_for(f"{host.name} goes down", lambda: boot_count(lab, host) > before, 120)
    wait_ready(lab, host)


def power_cycle(lab: Lab, host: Host) -> None:
    """As if the plug was pulled."""
    cgroup.remove(group(lab, host))
    end_connections(lab.connections, "stop")
    start(lab, host)
    wait_ready(lab, host)


def end_connections(folder: Path, how: str) -> None:
    """Open connections of Ansible would wait for a host that is no more: `exit` ends them, `stop` lets the living end."""
    for control in folder.glob("*"):
        run("ssh", "-O", how, "-S", control, "lab", check=False)


def ssh(lab: Lab, host: Host) -> list[str]:
    return ["ssh", "-i", str(lab.key), *ssh_options(), f"root@{host.address}"]


def ssh_options() -> list[str]:
    settings = ("StrictHostKeyChecking=no", "UserKnownHostsFile=/dev/null", "LogLevel=ERROR", "IdentitiesOnly=yes")
    return [word for setting in settings for word in ("-o", setting)]


def shell(lab: Lab, host: Host, command: list[str]) -> int:
    terminal = ["-t"] if not command and os.isatty(0) else []
    words = ssh(lab, host)
    return subprocess.run([*words[:1], *terminal, *words[1:], *command], check=False).returncode


def import_image(lab: Lab, host: Host) -> None:
    """The container image for trying things out, where docker does not have it yet."""
    command = f"docker image inspect {IMAGE} >/dev/null 2>&1 || docker import /{BUSYBOX} {IMAGE}"
    run(*ssh(lab, host), command)
