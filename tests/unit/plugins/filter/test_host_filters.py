# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import builtins
import importlib

import pytest
from ansible.errors import AnsibleFilterError

from ansible_collections.overlay.flannel.plugins.filter import host_address, overlapping, pending_files


@pytest.mark.parametrize(
    ("network", "networks", "found"),
    [
        (
            "10.20.0.0/16",
            ["10.20.5.0/24", "10.0.0.0/8", "10.21.0.0/16", "10.20.7.7"],
            ["10.20.5.0/24", "10.0.0.0/8", "10.20.7.7"],
        ),
        ("10.20.0.0/16", ["0.0.0.0/0", "::/0", "default", "", None], []),
        ("fd00::/48", ["fd00:0:0:1::/64", "10.0.0.0/8"], ["fd00:0:0:1::/64"]),
        ("rubbish", ["10.0.0.0/8"], []),
    ],
)
def test_overlapping(network, networks, found):
    assert overlapping.overlapping(network, networks) == found


def test_without_netaddr(monkeypatch):
    real = builtins.__import__

    def without(name, *rest):
        if name == "netaddr":
            raise ImportError(name)
        return real(name, *rest)

    with monkeypatch.context() as patch:
        patch.setattr(builtins, "__import__", without)
        importlib.reload(overlapping)
    with pytest.raises(AnsibleFilterError, match="netaddr"):
        overlapping.overlapping("10.0.0.0/8", [])
    importlib.reload(overlapping)


def test_files_of_the_controller(tmp_path):
    (tmp_path / "a").write_text("x\n")
    wanted = [{"path": "/a", "src": str(tmp_path / "a")}]
    digest = "73cb3858a687a8494ca3323053016282f3dad39d42cf62ca4e79dda2aac7d9ac"
    assert pending_files.pending_files(wanted, {"files": {"/a": {"exists": True, "sha256": digest}}}) == []
    assert pending_files.pending_files(wanted, {}) == wanted


def test_names():
    assert list(host_address.FilterModule().filters()) == ["host_address"]
