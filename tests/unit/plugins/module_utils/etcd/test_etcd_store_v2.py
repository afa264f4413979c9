# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What python-etcd is given for TLS. How it works with a real etcd: tests/integration/test_bad_things.py."""

from __future__ import annotations

import ssl

import etcd

from ansible_collections.overlay.flannel.plugins.module_utils.etcd.connection import Connection
from ansible_collections.overlay.flannel.plugins.module_utils.etcd.store_v2 import _client


def test_the_name_is_compared_by_urllib3():
    """Before 2.0 it gives ssl no name where the URL has an address, and ssl then refuses to compare one."""
    client = _client(etcd, Connection(("https://192.0.2.1:2379",)))
    context = client.http.connection_pool_kw["ssl_context"]
    assert (context.check_hostname, context.verify_mode) == (False, ssl.CERT_REQUIRED)
    assert client.http.connection_pool_kw.get("assert_hostname") is not False
