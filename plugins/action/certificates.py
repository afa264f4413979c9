# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Issues, renews and rotates the certificates of etcd, in a directory of the controller."""

from __future__ import annotations

import os
import time
import typing as t

from ansible import constants
from ansible.errors import AnsibleActionFail, AnsibleError
from ansible.parsing.vault import match_encrypt_secret
from ansible.plugins.action import ActionBase

from ansible_collections.overlay.flannel.plugins.plugin_utils import pki_issue, pki_plan, pki_report, pki_wanted
from ansible_collections.overlay.flannel.plugins.plugin_utils.pki_directory import WAIT, Busy, Directory
from ansible_collections.overlay.flannel.plugins.plugin_utils.pki_model import STEPS, Found, Leaf, Pki, Settings

STRINGS = {"type": "list", "elements": "str", "default": []}
MEMBER = {"name": {"type": "str", "required": True}, "names": STRINGS, "addresses": STRINGS}
ARGUMENTS = {
    "dir": {"type": "path", "required": True},
    "members": {"type": "list", "elements": "dict", "options": MEMBER, "default": []},
    "clients": STRINGS,
    "client_user": {"type": "str", "default": "flannel"},
    "users": {**STRINGS, "default": ["root", "reader"]},
    "days": {"type": "int", "default": 365},
    "ca_days": {"type": "int", "default": 3650},
    "renew_days": {"type": "int", "default": 30},
    "encrypt": {"type": "bool", "default": False},
    "rotate": {"type": "str", "default": "", "choices": ["", *STEPS]},
}


class RunVault:
    """The vault secrets of this run."""

    def __init__(self, library: t.Any) -> None:
        self.library = library

    @property
    def usable(self) -> bool:
        return bool(self.library.secrets)

    def decrypt(self, content: bytes) -> bytes:
        if not self.usable:
            raise ValueError("the run has no vault secret")
        try:
            found: bytes = self.library.decrypt(content)
            return found
        except AnsibleError:  # its text is of no help, and may name more than the file
            raise ValueError("no vault secret of the run opens it") from None

    def encrypt(self, content: bytes) -> bytes:
        identity, secret = match_encrypt_secret(
            self.library.secrets, encrypt_vault_id=constants.config.get_config_value("DEFAULT_VAULT_ENCRYPT_IDENTITY")
        )
        found: bytes = self.library.encrypt(content, secret=secret, vault_id=identity)
        return found


class ActionModule(ActionBase):
    """Connects to nothing: all of it happens on the controller."""

    _requires_connection = False
    _supports_check_mode = True
    _supports_diff = True

    def run(self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        result: dict[str, t.Any] = {"changed": False, **super().run(tmp, task_vars)}
        if pki_issue.MISSING:
            raise AnsibleActionFail(
                f"controller: the Python that runs Ansible has no cryptography ({pki_issue.MISSING})."
                " Fix: install it there; ansible-core needs it for ansible-vault too"
            )
        _result, arguments = self.validate_argument_spec(argument_spec=ARGUMENTS)  # type: ignore[no-untyped-call]
        refusals = pki_wanted.refusals(arguments)
        if refusals:
            return {**result, "failed": True, "msg": "\n".join(refusals)}
        vault = RunVault(self._loader._vault)
        settings = settings_of(arguments, vault)
        directory = Directory(settings.folder, vault)
        leaves = pki_wanted.wanted_leaves(arguments)
        try:
            return {**result, **self.converge(directory, leaves, settings)}
        except Busy:
            text = settings.refusal(
                "",
                f"is held by another run for more than {WAIT:.0f} s",
                "wait until that run is over, and run again",
                allowed="one run at a time",
            )
            return {**result, "failed": True, "msg": text}
        except OSError as error:
            raise AnsibleActionFail(
                f"controller: overlay_pki_dir = {settings.folder}: {error.filename or ''}: {error.strerror}."
                " Fix: let the user of this run write there, then run again"
            ) from None

    def converge(self, directory: Directory, leaves: list[Leaf], settings: Settings) -> dict[str, t.Any]:
        check = self._task.check_mode
        if not directory.exists():
            plan = pki_plan.plan(leaves, Found(), settings)
            if check or plan.refusals:
                return self.answer(plan, Found(), None, directory, settings)
            directory.create()
        with directory.locked(shared=check):
            before = directory.read(settings.encrypt)
            plan = pki_plan.plan(leaves, before, settings)
            after = None
            if plan.changed and not plan.refusals and not check:
                directory.apply(plan, settings)
                after = directory.read(settings.encrypt)
        return self.answer(plan, before, after, directory, settings)

    def answer(
        self, plan: Pki, before: Found, after: Found | None, directory: Directory, settings: Settings
    ) -> dict[str, t.Any]:
        """`after` is None where nothing was written."""
        warnings = plan.warnings
        if not directory.lockable:
            warnings = [*warnings, f"{directory}: its file system has no locks, so two runs at once are not noticed"]
        if plan.refusals:
            return {"failed": True, "msg": "\n".join(plan.refusals), "warnings": warnings}
        answer = {
            "changed": plan.changed,
            "issued": plan.issued,
            "rotation": plan.rotation,
            "trusts_old": bool(plan.rotation),
            "certificates": pki_report.certificates(after or before, settings.now),
            "warnings": warnings,
        }
        if plan.changed and self._task.diff:
            lines = pki_report.lines(after) if after else pki_report.expected_lines(before, plan)
            answer["diff"] = pki_report.diff(settings.folder, pki_report.lines(before), lines)
        return answer


def settings_of(arguments: t.Mapping[str, t.Any], vault: RunVault) -> Settings:
    same = {name: arguments[name] for name in ("days", "ca_days", "renew_days", "encrypt", "rotate")}
    return Settings(
        folder=os.path.normpath(os.path.expanduser(arguments["dir"])),
        now=time.time(),
        vault=vault.usable,
        users=frozenset([*arguments["users"], arguments["client_user"]]),
        **same,
    )
