# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from ansible_collections.overlay.flannel.plugins.module_utils.common.errors import InputError, OverlayError
from ansible_collections.overlay.flannel.plugins.module_utils.etcd.connection import Connection
from ansible_collections.overlay.flannel.plugins.module_utils.etcd.http_client import Answer
from ansible_collections.overlay.flannel.plugins.module_utils.registry.open_store import choose_api, require_files


def cluster(version, v2_status):
    return {"/version": Answer(200, {"etcdserver": version}), "/v2/keys": Answer(v2_status, {})}.__getitem__


def nobody(path):
    raise AssertionError("nobody is asked")


@pytest.mark.parametrize(
    ("api", "flannel", "chosen"),
    [("v2", "0.28.10", "v2"), ("v3", "0.7.1", "v3"), ("auto", "0.17.0", "v2"), ("auto", "0.18.0", "v3")],
)
def test_told(api, flannel, chosen):
    assert choose_api(api, flannel, nobody) == chosen


@pytest.mark.parametrize(
    ("version", "v2_status", "chosen"),
    [("2.3.7", 200, "v2"), ("3.4.23", 404, "v3"), ("3.5.16", 404, "v3"), ("3.6.14", 200, "v3")],
)
def test_asked(version, v2_status, chosen):
    assert choose_api("auto", "", cluster(version, v2_status)) == chosen


@pytest.mark.parametrize("v2_status", [200, 401])
def test_both_is_no_answer(v2_status):
    with pytest.raises(OverlayError, match="etcd answers v2 and v3.*Fix: set flannel_version"):
        choose_api("auto", "", cluster("3.4.23", v2_status))


@pytest.mark.parametrize("version", ["", "garbage"])
def test_no_etcd(version):
    with pytest.raises(OverlayError, match="version"):
        choose_api("auto", "", cluster(version, 200))


def test_files(tmp_path):
    there = tmp_path / "ca.pem"
    there.write_text("no certificate")
    require_files(Connection(("http://x:1",)))
    with pytest.raises(InputError, match=f"ca_cert = {there}: allowed: PEM files"):
        require_files(Connection(("http://x:1",), ca_cert=str(there)))
    with pytest.raises(InputError, match=r"client_key = /nowhere: .*can be read"):
        require_files(Connection(("http://x:1",), client_cert=str(there), client_key="/nowhere"))
