#!/usr/bin/python
# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Write several directories and text files of a host in one step."""

from __future__ import annotations

DOCUMENTATION = r"""
module: files
short_description: Write several directories and text files of a host in one step
version_added: 0.1.0
author:
  - overlay.flannel contributors (@overlay-flannel)
description:
  - Does for a list what M(ansible.builtin.file) and M(ansible.builtin.copy) do for one path. A loop over these connects to the host
    up to three times for each path, this module once for all. The roles of this collection write their files with it.
  - First all new files are written beside their places, then all of them are renamed. Whatever reads two of them together, as etcd does
    with a certificate and its key, finds both old or both new. If one cannot be written, none of them has changed.
  - Parent directories that are missing are made, with the mode V(0755).
options:
  paths:
    description: What has to be there. The plans of the roles have lists of this shape; keys that are not named here are ignored.
    type: list
    elements: dict
    required: true
    suboptions:
      path:
        description: Absolute path on the host.
        type: path
        required: true
      state:
        description: Whether it is a file or a directory.
        type: str
        choices: [file, directory]
        default: file
      content:
        description:
          - The text of the file. Without it and O(paths[].src), only owner and mode of a file that is there are set. Where there is
            none, an empty one is made.
        type: str
      src:
        description:
          - A text file of the controller that has the content. A file that is encrypted by Ansible Vault is decrypted.
          - In check mode it may be missing. The file on the host is then reported as changed.
        type: path
      mode:
        description: Permissions in octal digits. The default is V(0755) for a directory, V(0644) for a file.
        type: str
      owner:
        description: Owner.
        type: str
        default: root
      group:
        description: Group.
        type: str
        default: root
      secret:
        description: Whether the content is kept out of the result, of the difference and of the host's log.
        type: bool
        default: false
extends_documentation_fragment:
  - overlay.flannel.attributes.state
seealso:
  - module: ansible.builtin.copy
  - module: ansible.builtin.file
"""

EXAMPLES = r"""
- name: Write a directory and two files
  overlay.flannel.files:
    paths:
      - {path: /etc/example, state: directory, mode: "0755"}
      - {path: /etc/example/example.conf, content: "color = blue\n", mode: "0644"}
      - {path: /etc/example/password, src: secrets/password, mode: "0600", secret: true}
"""

RETURN = r"""
changed_paths:
  description: The paths that were changed.
  returned: success
  type: list
  elements: str
  sample: [/etc/example/example.conf]
"""

import contextlib
import os
import tempfile
import typing as t

from ansible_collections.overlay.flannel.plugins.module_utils.common.errors import InputError, OverlayError
from ansible_collections.overlay.flannel.plugins.module_utils.common.written_files import (
    Wanted,
    content_difference,
    has_to_write,
    make_directory,
    read,
)
from ansible_collections.overlay.flannel.plugins.module_utils.overlay_module import OverlayModule, run


class FilesModule(OverlayModule):
    def _load_params(self) -> None:
        OverlayModule._load_params(self)
        given = self.params.get("paths")
        items = [item for item in given if isinstance(item, dict)] if isinstance(given, list) else []
        self.no_log_values.update(str(item["content"]) for item in items if item.get("secret") and item.get("content"))

    def _log_invocation(self) -> None:
        """Into the host's log: AnsibleModule would write all contents, with secrets that it does not find in a list."""
        self.log(f"Invoked for {' '.join(item['path'] for item in self.params['paths'])}")  # type: ignore[no-untyped-call]


def wanted_of(module: OverlayModule, item: t.Mapping[str, t.Any]) -> Wanted:
    path, content, is_directory = item["path"], item["content"], item["state"] == "directory"
    if not os.path.isabs(path):
        raise InputError("paths[].path", path, "an absolute path", "begin it with /")
    mode = item["mode"] or ("0755" if is_directory else "0644")
    return Wanted(
        path=path,
        is_directory=is_directory,
        content=None if content is None else content.encode("utf-8", "surrogateescape"),
        attributes=module.load_file_common_arguments({**item, "mode": mode}, path=path),  # type: ignore[no-untyped-call]
        secret=item["secret"],
    )


def stage(module: OverlayModule, wanted: Wanted, staged: dict[str, str]) -> None:
    """Write it beside its place, with owner, mode and SELinux context of its place."""
    make_directory(os.path.dirname(wanted.path))
    handle, beside = tempfile.mkstemp(prefix=".overlay-", dir=os.path.dirname(wanted.path))
    staged[beside] = wanted.path
    with os.fdopen(handle, "wb") as file:
        file.write(wanted.content or b"")
        file.flush()
        os.fsync(file.fileno())
    module.set_fs_attributes_if_different({**wanted.attributes, "path": beside}, False)  # type: ignore[no-untyped-call]


def write(module: OverlayModule, files: t.Iterable[Wanted]) -> None:
    """All or none of them."""
    staged: dict[str, str] = {}
    try:
        for wanted in files:
            stage(module, wanted, staged)
        for beside, path in staged.items():
            os.replace(beside, path)
    except OSError as error:
        raise OverlayError(
            f"{error}. Fix: make room for the file, or make its place writable, then run again"
        ) from None
    finally:
        for beside in staged:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(beside)


def set_attributes(module: OverlayModule, wanted: Wanted) -> dict[str, t.Any]:
    """Of what is there. The difference, empty where there is none."""
    found: dict[str, t.Any] = {}
    if not module.set_fs_attributes_if_different(wanted.attributes, False, diff=found):  # type: ignore[no-untyped-call]
        return {}
    return {"before_header": wanted.path, "after_header": wanted.path, **found}


def work(module: OverlayModule) -> dict[str, t.Any]:
    asked = [wanted_of(module, item) for item in module.params["paths"]]
    state = {wanted.path: read(wanted.path) for wanted in asked}
    missing = [wanted for wanted in asked if has_to_write(wanted, state[wanted.path])]
    differences = {wanted.path: content_difference(wanted, state[wanted.path]) for wanted in missing}
    if not module.check_mode:
        for wanted in filter(lambda one: one.is_directory, missing):
            make_directory(wanted.path)
        write(module, [wanted for wanted in missing if not wanted.is_directory])
    for wanted in asked:
        other = set_attributes(module, wanted) if not module.check_mode or state[wanted.path].exists else {}
        if other and wanted.path not in differences:
            differences[wanted.path] = other
    result = {"changed": bool(differences), "changed_paths": sorted(differences)}
    return {**result, "diff": list(differences.values())} if module._diff else result


def main() -> None:
    path = {
        "path": {"type": "path", "required": True},
        "state": {"type": "str", "choices": ["file", "directory"], "default": "file"},
        "content": {"type": "str", "no_log": False},
        "src": {"type": "path"},
        "mode": {"type": "str"},
        "owner": {"type": "str", "default": "root"},
        "group": {"type": "str", "default": "root"},
        "secret": {"type": "bool", "default": False, "no_log": False},
    }
    module = FilesModule(
        argument_spec={"paths": {"type": "list", "elements": "dict", "required": True, "options": path}},
        supports_check_mode=True,
    )
    run(module, lambda: work(module))


if __name__ == "__main__":
    main()
