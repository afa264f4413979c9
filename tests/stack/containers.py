# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Containers that serve and probe, three on every host."""

from __future__ import annotations

import types

from fleet import PATIENCE, Fleet

IMAGE = "overlay-busybox"
ARCHIVE = "/usr/local/share/overlay-lab/busybox.tar"
FULL_PING = 1450 - 28
PUBLISHED_PORT = 8080
LOOPBACK_PORT = 8081
# Seconds. They end at once; a dockerd that stops waits a little longer than this before it leaves without them, and cannot start those again.
STOP_TIMEOUT = int(10 * PATIENCE)
SERVERS = {
    "unpublished": [],
    "published": ["--publish", f"{PUBLISHED_PORT}:80"],
    "loopback": ["--publish", f"127.0.0.1:{LOOPBACK_PORT}:80"],
}
SERVE = r"""
busybox mkdir -p /www/cgi-bin
echo $1 > /www/index.html
printf "#!/bin/sh\necho\necho \$REMOTE_ADDR\n" > /www/cgi-bin/peer
busybox chmod 755 /www/cgi-bin/peer
exec httpd -f -p 80 -h /www
"""


class Probes:
    """Each host gets the three servers; every one of them can probe as well."""

    def __init__(self, fleet: Fleet) -> None:
        self.fleet = fleet

    def __enter__(self) -> Probes:
        self.restore()
        return self

    def __exit__(self, kind: type[BaseException] | None, value: object, trace: types.TracebackType | None) -> None:
        for name in self.fleet:
            self.remove(name)

    def remove(self, name: str) -> None:
        """Remove our containers, where there are any."""
        self.fleet[name].run("docker rm --force " + " ".join(SERVERS))

    def restore(self) -> None:
        """Start all containers anew: they get addresses of the bridge as it is now."""
        for name in self.fleet:
            host = self.fleet[name]
            self.remove(name)
            host.check_output(f"docker image inspect {IMAGE} >/dev/null 2>&1 || docker import {ARCHIVE} {IMAGE}")
            for server, options in SERVERS.items():
                host.check_output(
                    f"docker run --detach --init --restart always --stop-timeout {STOP_TIMEOUT} --name {server} "
                    f"{' '.join(options)} {IMAGE} sh -c '{SERVE}' - {name}-{server}"
                )

    def address(self, name: str, server: str) -> str:
        """The container's address."""
        return self.fleet[name].check_output(
            "docker inspect --format '{{ .NetworkSettings.Networks.bridge.IPAddress }}' " + server
        )

    def inside(self, name: str, command: str) -> int:
        """Run a command in a container of the host and give its exit code."""
        return self.fleet[name].run(f"docker exec unpublished busybox {command}").rc

    def unreachable(self) -> list[str]:
        """The pairs of hosts, each with itself as well, whose containers do not reach each other with full-size packets."""
        ping = f"busybox ping -c 1 -W 2 -s {FULL_PING}"
        targets = {there: self.address(there, "published") for there in self.fleet}
        pings = "; ".join(f'{ping} "{target}" >/dev/null 2>&1 || echo {there}' for there, target in targets.items())
        lost = []
        for here in self.fleet:
            seen = self.fleet[here].run(f"docker exec unpublished sh -c '{pings}'")
            lost += [f"{here} -> {there}" for there in (seen.stdout.split() if seen.rc == 0 else targets)]
        return lost

    def fetch(self, name: str, url: str) -> str:
        """Fetch a page from within a container of the host."""
        return "".join(self.fetch_all(name, [url]))

    def fetch_all(self, name: str, urls: list[str]) -> list[str]:
        """Fetch pages of one line from within a container of the host; a page that does not come is empty."""
        get = f"busybox timeout {int(3 * PATIENCE)} busybox wget -q -O -"
        commands = "; ".join(f"echo $({get} {url})" for url in urls)
        return list(self.fleet[name].run(f"docker exec unpublished sh -c '{commands}'").stdout.splitlines())
