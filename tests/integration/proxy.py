# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A proxy between a module and etcd that spoils, delays or swallows what passes, or lets somebody else be faster."""

from __future__ import annotations

import contextlib
import dataclasses
import socket
import threading
import time
import typing as t
import urllib.parse
from pathlib import Path

from place import Place


@dataclasses.dataclass
class Treatment:
    """What is done to the answers of etcd on each connection."""

    delay: float = 0  # seconds before each piece of an answer
    stall_after: int | None = None  # bytes of answers after which nothing comes any more
    drip: bool = False  # a byte now and then, for ever
    # Called with each piece of a question before it is passed on; True: nothing is answered any more.
    on_question: t.Callable[[bytes], bool] = lambda piece: False


class Proxy:
    def __init__(self, url: str, treatment: Treatment):
        parts = urllib.parse.urlsplit(url)
        self._target = (parts.hostname, parts.port)
        self._treatment = treatment
        self._server = socket.create_server(("127.0.0.1", 0))
        self._sockets = [self._server]
        self.url = f"{parts.scheme}://127.0.0.1:{self._server.getsockname()[1]}"
        _start(self._accept)

    def close(self) -> None:
        for one in self._sockets:
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _address = self._server.accept()
                etcd = socket.create_connection(self._target)
                self._sockets += [client, etcd]
                muted = threading.Event()
                _start(self._questions, client, etcd, muted)
                _start(self._answers, client, etcd, muted)

    def _questions(self, client: socket.socket, etcd: socket.socket, muted: threading.Event) -> None:
        with contextlib.suppress(OSError):
            while piece := client.recv(65536):
                if self._treatment.on_question(piece):
                    muted.set()
                etcd.sendall(piece)
            etcd.shutdown(socket.SHUT_WR)

    def _answers(self, client: socket.socket, etcd: socket.socket, muted: threading.Event) -> None:
        left = self._treatment.stall_after
        with contextlib.suppress(OSError):
            while piece := etcd.recv(65536):
                time.sleep(self._treatment.delay)
                if muted.is_set():
                    continue
                if left is not None:
                    piece, left = piece[:left], max(left - len(piece), 0)
                self._send(client, piece)
            client.shutdown(socket.SHUT_WR)

    def _send(self, client: socket.socket, piece: bytes) -> None:
        if not self._treatment.drip:
            client.sendall(piece)
            return
        for byte in piece:
            client.sendall(bytes([byte]))
            time.sleep(0.3)


def _start(work: t.Callable[..., None], *arguments: t.Any) -> None:
    threading.Thread(target=work, args=arguments, daemon=True).start()


class Tap:
    """Sees each write of a module, and may swallow what etcd answers to it.

    By the v2 API a write can be read off the connection. By the v3 API it cannot, but each transaction is a process of its
    own: an etcdctl that hands transactions to the proxy, and all else to etcd itself.
    """

    def __init__(self, place: Place, folder: Path, on_write: t.Callable[[int], bool]):
        self.writes = 0
        self._place = place
        self._on_write = on_write
        self.proxy = Proxy(place.etcd.url, Treatment(on_question=self._look))
        self.etcdctl = folder / "etcdctl-tapped"
        self.etcdctl.write_text(
            "#!/bin/sh\n"
            f'case "$* " in *" txn "*) shift; set -- "--endpoints={self.proxy.url}" "$@" ;; esac\n'
            f'exec {place.etcd.etcdctl_path} "$@"\n'
        )
        self.etcdctl.chmod(0o755)

    @property
    def options(self) -> dict[str, t.Any]:
        by_v2 = {"endpoints": [self.proxy.url]}
        return by_v2 if self._place.api == "v2" else {"etcdctl": str(self.etcdctl)}

    def _look(self, piece: bytes) -> bool:
        by_v2 = piece.startswith((b"PUT ", b"DELETE "))
        by_v3 = self._place.api == "v3" and self._place.prefix.encode() in piece
        if not (by_v2 or by_v3):
            return False
        self.writes += 1
        return self._on_write(self.writes)
