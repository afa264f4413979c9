# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Filter file_sha256: the SHA-256 digest of a file on the controller."""

from __future__ import annotations

DOCUMENTATION = r"""
name: file_sha256
author: overlay.flannel contributors
version_added: 0.1.0
short_description: Compute the SHA-256 digest of a file on the controller
description:
  - Reads a file on the controller, so that it can be compared with a look at a host without a trip to that host.
options:
  _input:
    description: Path of the file on the controller.
    type: path
    required: true
"""

EXAMPLES = r"""
- name: Select the programs that are not on the host
  ansible.builtin.set_fact:
    programs: "{{ [program] | overlay.flannel.pending_files(seen) }}"
  vars:
    program:
      path: /usr/local/bin/etcd
      sha256: "{{ '/srv/etcd/etcd' | overlay.flannel.file_sha256 }}"
"""

RETURN = r"""
_value:
  description: The digest as hexadecimal digits. Empty when there is no such file.
  type: str
"""

import functools
import os
import typing as t

from ansible_collections.overlay.flannel.plugins.module_utils.host_files import sha256


@functools.lru_cache(maxsize=64)
def digest_of(path: str, _size: int, _mtime: int) -> str:
    """Programs are large: read each version of a file once."""
    return sha256(path) or ""


def file_sha256(path: str) -> str:
    """Give the digest of the file's content."""
    full = os.path.expanduser(path)
    try:
        status = os.stat(full)
    except OSError:
        return ""
    return digest_of(full, status.st_size, status.st_mtime_ns)


class FilterModule:
    """Give the filter to Ansible."""

    def filters(self) -> dict[str, t.Callable[..., t.Any]]:
        """Map names to functions."""
        return {"file_sha256": file_sha256}
