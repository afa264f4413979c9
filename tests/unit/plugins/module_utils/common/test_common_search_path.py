# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from ansible_collections.overlay.flannel.plugins.module_utils.common.search_path import ADMIN_PATH, search_path


@pytest.mark.parametrize(
    ("path", "searched"),
    [
        ("/sbin:/bin:/usr/sbin:/usr/bin", f"/sbin:/bin:/usr/sbin:/usr/bin:{ADMIN_PATH}"),
        ("", ADMIN_PATH),  # no empty part, which would be the current folder
        (None, ADMIN_PATH),
    ],
)
def test_the_callers_path_comes_first(monkeypatch, path, searched):
    monkeypatch.delenv("PATH")
    if path is not None:
        monkeypatch.setenv("PATH", path)
    assert search_path() == searched


def test_the_folder_of_the_etcd_role_is_among_them():
    assert "/usr/local/bin" in ADMIN_PATH.split(":")
