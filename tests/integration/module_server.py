# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs modules as processes that are forked from one that has loaded Ansible, python-etcd and our module_utils already.

Loading them takes ten times as long as what a module does. Where the start itself matters, modules.start_module starts
Python anew.
"""

from __future__ import annotations

import importlib
import io
import json
import os
import pkgutil
import runpy
import signal
import socket
import sys

LOADED = ("ansible.module_utils.basic", "etcd")
OURS = "ansible_collections.overlay.flannel.plugins.module_utils"


def main() -> None:
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    ours = importlib.import_module(OURS).__path__
    for name in (*LOADED, *(f"{OURS}.{one.name}" for one in pkgutil.iter_modules(ours))):
        importlib.import_module(name)
    server = socket.socket(socket.AF_UNIX)
    server.bind(sys.argv[1])
    server.listen()
    print("ready", flush=True)
    while True:
        client, _address = server.accept()
        with client:
            if os.fork() == 0:
                run(client)


def run(client: socket.socket) -> None:
    """One module; what it prints goes to whoever asked."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    with client.makefile("rb") as request:
        asked = json.loads(request.readline())
    os.environ.clear()
    os.environ.update(asked["environment"])
    os.dup2(client.fileno(), 1)
    sys.stdin = io.TextIOWrapper(io.BytesIO(json.dumps(asked["arguments"]).encode()))
    sys.argv = [asked["module"]]
    code = 1
    try:
        runpy.run_module(asked["module"], run_name="__main__", alter_sys=True)
    except SystemExit as done:
        code = int(done.code or 0)
    except BaseException:
        sys.excepthook(*sys.exc_info())
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    main()
