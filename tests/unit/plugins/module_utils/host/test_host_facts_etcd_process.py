# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from ansible_collections.overlay.flannel.plugins.module_utils.host.facts import etcd_process

URL, OTHER = "http://192.0.2.1:2379", "http://192.0.2.2:2379"
PROCESS = {"pid": 7, "argv": [], "executable": "/usr/bin/etcd", "started": 1.0}


@pytest.mark.parametrize(
    ("argv", "environment", "urls"),
    [
        (["etcd"], {"ETCD_ADVERTISE_CLIENT_URLS": f"{URL}, {OTHER}"}, [URL, OTHER]),
        (["etcd", "--advertise-client-urls", URL], {}, [URL]),
        (["etcd", f"-advertise-client-urls={URL}"], {"ETCD_ADVERTISE_CLIENT_URLS": OTHER}, [URL]),
        (["etcd", "--advertise-client-urls"], {}, []),
        (["etcd", "--config-file=/etc/etcd.yml"], None, []),
    ],
)
def test_client_urls(monkeypatch, argv, environment, urls):
    monkeypatch.setattr(etcd_process, "arguments", lambda pid: argv)
    monkeypatch.setattr(etcd_process, "environment", lambda pid: environment)
    assert etcd_process.client_urls(PROCESS) == urls


def test_no_process():
    assert etcd_process.client_urls(None) == []
