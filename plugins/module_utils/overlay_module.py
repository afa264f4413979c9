# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The class of this collection's modules, and the one place where errors become the result of a module."""

from __future__ import annotations

import locale
import typing as t

from ansible.module_utils.basic import AnsibleModule

from ansible_collections.overlay.flannel.plugins.module_utils.common.errors import OverlayError
from ansible_collections.overlay.flannel.plugins.module_utils.common.findings import escaped
from ansible_collections.overlay.flannel.plugins.module_utils.flannel.psk import secrets


class OverlayModule(AnsibleModule):
    """Keeps such secrets out of the log of the host and out of every answer.

    AnsibleModule writes its options to the log while it is made, or ends there where one is wrong. `no_log` hides whole options
    only, not the key in a network configuration or the user in an endpoint.
    """

    def __init__(self, **options: t.Any) -> None:
        AnsibleModule.__init__(self, **options)

    def _load_params(self) -> None:
        AnsibleModule._load_params(self)
        self.no_log_values.update(secrets(self.params))

    def warn(self, warning: str, **options: t.Any) -> None:
        AnsibleModule.warn(self, escaped(warning), **options)


def run(module: AnsibleModule, work: t.Callable[[], dict[str, t.Any]]) -> t.NoReturn:
    """End the module with the result of `work`, or with the error that it raised.

    AnsibleModule takes over the caller's locale. Causes that the system names are in English all the same, as the rest.
    """
    locale.setlocale(locale.LC_MESSAGES, "C")
    try:
        result = work()
    except OverlayError as error:
        module.fail_json(msg=escaped(str(error)), **error.details)
    module.exit_json(**result)
