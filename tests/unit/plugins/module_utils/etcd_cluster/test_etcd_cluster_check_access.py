# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from ansible_collections.overlay.flannel.plugins.module_utils.etcd_cluster.check_access import check_access
from ansible_collections.overlay.flannel.plugins.module_utils.etcd_cluster.model import (
    Cluster,
    Endpoint,
    Member,
    Status,
)

STATUS = Status("a1", "cdf8", "3.6.14", "a1")
HTTP, HTTPS = "http://192.0.2.1:2379", "https://192.0.2.1:2379"


def cluster(*urls, auth=None, advertised=(HTTPS,)):
    member = Member("a1", "node1", ("https://192.0.2.1:2380",), advertised)
    return Cluster([Endpoint(url, status=STATUS, members=(member,), auth=auth) for url in urls])


@pytest.mark.parametrize(
    ("found", "codes"),
    [
        (cluster(HTTPS, auth=True), []),
        (cluster(HTTPS), []),
        (cluster(HTTPS, auth=False), ["auth_off"]),
        (cluster(HTTP, advertised=(HTTP,)), ["client_http"]),
        (cluster(HTTP, auth=False, advertised=(HTTP,)), ["client_http"]),
        (cluster(HTTPS, auth=True, advertised=(HTTP, HTTPS)), ["client_http"]),
        (cluster(HTTPS, auth=False, advertised=(HTTP, HTTPS)), ["client_http", "auth_off"]),
        (cluster("http://127.0.0.1:2379", advertised=("http://localhost:2379", "http://[::1]:2379")), []),
        (cluster("http://etcd.example:2379"), ["client_http"]),
        (Cluster([Endpoint(HTTP, cause="connection refused")]), []),
    ],
)
def test_findings(found, codes):
    assert [(one.code, one.severity) for one in check_access(found)] == [(code, "warning") for code in codes]


@pytest.mark.parametrize(("auth", "danger"), [(None, "as root"), (False, "as root"), (True, "read the passwords")])
def test_what_anybody_can_do(auth, danger):
    (finding, *_more) = check_access(cluster(HTTP, auth=auth, advertised=(HTTP,)))
    assert danger in finding.seen
    assert HTTP in finding.seen


@pytest.mark.parametrize(("told", "auth"), [([None], None), ([None, False], False), ([False, True], True)])
def test_what_the_endpoints_tell(told, auth):
    assert Cluster([Endpoint(HTTPS, status=STATUS, auth=one) for one in told]).auth is auth
