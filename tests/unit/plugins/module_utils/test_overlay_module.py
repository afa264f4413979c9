# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest
from ansible.module_utils.basic import AnsibleModule

from ansible_collections.overlay.flannel.plugins.module_utils.common.errors import OverlayError
from ansible_collections.overlay.flannel.plugins.module_utils.overlay_module import OverlayModule, run


class Ended(Exception):
    pass


class Module:
    def fail_json(self, **result):
        raise Ended("fail", result)

    def exit_json(self, **result):
        raise Ended("exit", result)


def ended(work):
    with pytest.raises(Ended) as caught:
        run(Module(), work)
    return caught.value.args


def fail():
    raise OverlayError("it broke", endpoint="e")


def test_results():
    assert ended(lambda: {"changed": True}) == ("exit", {"changed": True})


def test_errors():
    assert ended(fail) == ("fail", {"msg": "it broke", "endpoint": "e"})


def test_foreign_text_does_not_reach_the_terminal():
    def work():
        raise OverlayError("key a\nchanged: [h] \x1b[2J")

    assert ended(work)[1]["msg"] == r"key a\x0achanged: [h] \x1b[2J"


def test_warnings_do_not_either(monkeypatch):
    said = []
    monkeypatch.setattr(AnsibleModule, "warn", lambda self, warning, **options: said.append(warning))
    OverlayModule.warn(object.__new__(OverlayModule), "key \x1b[2J")
    assert said == [r"key \x1b[2J"]


def test_faults_of_ours_are_not_hidden():
    with pytest.raises(ZeroDivisionError):
        run(Module(), lambda: 1 / 0)
