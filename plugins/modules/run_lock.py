#!/usr/bin/python
# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Keep another run from changing the fleet at the same time."""

from __future__ import annotations

DOCUMENTATION = r"""
module: run_lock
short_description: Keep another run from changing the fleet at the same time
version_added: 0.1.0
author:
  - overlay.flannel contributors (@overlay-flannel)
description:
  - Takes or gives back the lock that the playbooks of this collection use, for playbooks of your own that change the same fleet.
  - The lock is the file O(path) on one host. The playbooks use the first host of the group C(etcd) that answers, or, where
    etcd is elsewhere, the first one of the group C(flannel).
  - The holder is the run of C(ansible-playbook), not the task. A run that holds the lock gets it again.
  - Where the holder was a run on this controller and has ended, the lock is replaced. The lock of another controller expires.
  - In check mode nothing is taken, given back or refused.
options:
  state:
    description: V(present) takes the lock, or fails where another run holds it. V(absent) gives it back; the lock of another run stays.
    type: str
    choices: [present, absent]
    default: present
  seconds:
    description: When it expires, should the run end without giving it back. The default is half an hour and a minute for each host of the inventory.
    type: int
  path:
    description: The file of the lock. The playbooks use the default.
    type: path
    default: /run/overlay-site.lock
  holder:
    description: Set by the controller. The run that asks.
    type: str
  replaces:
    description: Set by the controller. The run that has ended, whose lock may be replaced.
    type: str
    default: ""
extends_documentation_fragment:
  - overlay.flannel.attributes.state
attributes:
  diff_mode:
    support: none
    details: The lock is a mark of a run and no state of the host, so it is never reported as a change.
"""

EXAMPLES = r"""
- name: Take a lock
  overlay.flannel.run_lock:
    path: /tmp/example.lock
  run_once: true

- name: Give it back
  overlay.flannel.run_lock:
    path: /tmp/example.lock
    state: absent
  run_once: true
"""

RETURN = r"""
host:
  description: The inventory name of the host that has the lock.
  returned: success
  type: str
  sample: flannel-1
held:
  description: Whether this run held the lock before the task. Where a playbook imports others, only the one that took it gives it back.
  returned: success
  type: bool
holder:
  description: The run that holds the lock.
  returned: when another run holds it
  type: str
  sample: "root@controller [1a2b3c4d 4026531836], process 4711 of tick 183012, since 2026-11-29 19:40:00 UTC"
"""

import contextlib
import fcntl
import os
import typing as t

from ansible_collections.overlay.flannel.plugins.module_utils.common.errors import InputError, OverlayError
from ansible_collections.overlay.flannel.plugins.module_utils.common.run_lock import (
    LOCK,
    Lock,
    in_the_way,
    is_held,
    parsed,
)
from ansible_collections.overlay.flannel.plugins.module_utils.overlay_module import OverlayModule, run


@contextlib.contextmanager
def opened(path: str) -> t.Iterator[t.TextIO]:
    """The file at its path, for this process alone: another one may have removed it while this one waited."""
    while True:
        with open(path, "a+", encoding="utf-8") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            if is_at(file, path):
                file.seek(0)
                yield file
                return


def is_at(file: t.TextIO, path: str) -> bool:
    try:
        return os.path.samestat(os.fstat(file.fileno()), os.stat(path))
    except FileNotFoundError:
        return False


def uptime() -> int:
    with open("/proc/uptime", encoding="ascii") as file:
        return int(float(file.read().split()[0]))


def take(path: str, holder: str, replaces: str, seconds: int) -> bool:
    """Whether the run had it before."""
    with opened(path) as file:
        found, now = parsed(file.read()), uptime()
        other = in_the_way(found, holder, replaces, now)
        if other:
            raise OverlayError(
                f"another run changes this fleet: {other.holder}. It expires in {other.expires - now} s. "
                f"Fix: wait for its end, and run again. If it has ended without giving its lock back: rm {path}",
                holder=other.holder,
            )
        file.truncate(0)
        file.write(Lock(now + seconds, holder).text)
        return is_held(found, holder)


def give_back(path: str, holder: str) -> bool:
    """Whether the run had it."""
    if not os.path.exists(path):
        return False
    with opened(path) as file:
        found = is_held(parsed(file.read()), holder)
        if found:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(path)
        return found


def work(module: OverlayModule) -> dict[str, t.Any]:
    asked = module.params
    if not asked["holder"]:
        raise InputError("holder", asked["holder"], "the name of a run", "let the controller set it")
    if module.check_mode:
        return {"changed": False, "held": False}
    try:
        if asked["state"] == "present":
            held = take(asked["path"], asked["holder"], asked["replaces"], asked["seconds"])
        else:
            held = give_back(asked["path"], asked["holder"])
    except OSError as error:
        raise OverlayError(f"{error}. Fix: let the play become root") from None
    return {"changed": False, "held": held}


def main() -> None:
    module = OverlayModule(
        argument_spec={
            "state": {"type": "str", "choices": ["present", "absent"], "default": "present"},
            "seconds": {"type": "int"},
            "path": {"type": "path", "default": LOCK},
            "holder": {"type": "str"},
            "replaces": {"type": "str", "default": ""},
        },
        supports_check_mode=True,
    )
    run(module, lambda: work(module))


if __name__ == "__main__":
    main()
