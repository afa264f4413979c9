# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

from ansible_collections.overlay.flannel.plugins.filter import host_address, pending_files


def test_files_of_the_controller(tmp_path):
    (tmp_path / "a").write_text("x\n")
    wanted = [{"path": "/a", "src": str(tmp_path / "a")}]
    digest = "73cb3858a687a8494ca3323053016282f3dad39d42cf62ca4e79dda2aac7d9ac"
    assert pending_files.pending_files(wanted, {"files": {"/a": {"exists": True, "sha256": digest}}}) == []
    assert pending_files.pending_files(wanted, {}) == wanted


def test_names():
    assert list(host_address.FilterModule().filters()) == ["host_address"]
