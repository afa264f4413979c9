# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Controller side of files: reads the sources, and takes what the module needs from the items of a plan."""

from __future__ import annotations

import typing as t

from ansible.errors import AnsibleActionFail, AnsibleError
from ansible.plugins.action import ActionBase

KEYS = ("path", "state", "content", "mode", "owner", "group", "secret")


class ActionModule(ActionBase):
    def run(self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        super().run(tmp, task_vars)
        paths = self._task.args.get("paths")
        if not isinstance(paths, list) or not all(isinstance(item, dict) for item in paths):
            raise AnsibleActionFail(
                f"paths = {paths}: allowed: a list of dictionaries. Fix: give path, mode and content"
            )
        found: dict[str, t.Any] = self._execute_module(
            module_args={"paths": [self.item(item) for item in paths]}, task_vars=task_vars
        )
        return found

    def item(self, given: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
        """A private key, which has the path of its certificate, is secret in any case."""
        found = {name: given[name] for name in KEYS if name in given}
        if given.get("certificate"):
            found["secret"] = True
        if given.get("src"):
            found["content"] = self.text(str(given["src"]))
        return found

    def text(self, path: str) -> str | None:
        real = ""
        try:
            real = self._loader.get_real_file(self._find_needle("files", path))  # type: ignore[no-untyped-call]
            with open(real, encoding="utf-8", newline="") as file:
                return file.read()
        except (AnsibleError, OSError, ValueError) as error:
            if self._task.check_mode:
                return None
            allowed = "a text file of the controller in UTF-8"
            raise AnsibleActionFail(
                f"paths[].src = {path}: {error}: allowed: {allowed}. Fix: give such a file"
            ) from None
        finally:
            self._loader.cleanup_tmp_file(real)
