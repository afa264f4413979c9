# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from ansible_collections.overlay.flannel.plugins.module_utils.common.subprocesses import Output
from ansible_collections.overlay.flannel.plugins.module_utils.host.facts.packages import read_packages


@pytest.mark.parametrize(
    ("manager", "output"),
    [
        ("apt", "bash\t5.2\tinstalled\ndocker.io\t20.10\tconfig-files\n"),
        ("dnf", "bash\t5.2\npackage docker.io is not installed\n"),
    ],
)
def test_packages(manager, output):
    found = read_packages(["bash", "docker.io"], manager, lambda argv: Output(1, output))
    assert found == {"bash": "5.2", "docker.io": None}
    assert read_packages([], manager, lambda argv: Output(1)) == {}
