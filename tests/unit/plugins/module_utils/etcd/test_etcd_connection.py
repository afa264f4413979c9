# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from ansible_collections.overlay.flannel.plugins.module_utils.common.errors import InputError
from ansible_collections.overlay.flannel.plugins.module_utils.etcd.connection import (
    ARGUMENTS,
    checked_endpoint,
    from_params,
)

PARAMS = {name: option.get("default") for name, option in ARGUMENTS.items()}


def test_defaults():
    connection = from_params(PARAMS)
    assert connection.endpoints == ("http://127.0.0.1:2379",)
    assert (connection.timeout, connection.etcdctl, connection.username) == (10, "etcdctl", "")


def test_the_password_does_not_show():
    assert "geheim" not in repr(from_params({**PARAMS, "username": "u", "password": "geheim"}))


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("http://192.0.2.1:2379", "http://192.0.2.1:2379"),
        ("https://etcd.example:2379/", "https://etcd.example:2379"),
        ("https://[fd00::1]:2379", "https://[fd00::1]:2379"),
        ("http://etcd", "http://etcd"),
    ],
)
def test_endpoints(url, kept):
    assert checked_endpoint(url) == kept


@pytest.mark.parametrize(
    "url",
    [
        "",
        "192.0.2.1:2379",
        "etcd://x:1",
        "http://",
        "http://x:port",
        "http://x:99999",
        "http://x:1/v2",
        "http://u:p@x:1",
        "http://a:1,http://b:1",
    ],
)
def test_bad_endpoints(url):
    with pytest.raises(InputError, match="endpoints = .*allowed: http://HOST:PORT"):
        checked_endpoint(url)


@pytest.mark.parametrize(
    "changed",
    [{"timeout": 0}, {"endpoints": []}, {"username": "a:b", "password": "c"}, {"username": "", "password": "c"}],
)
def test_bad_values(changed):
    with pytest.raises(InputError):
        from_params({**PARAMS, **changed})


@pytest.mark.parametrize(
    ("changed", "shown"),
    [
        ({"endpoints": ["http://a:1\n"]}, "endpoints = "),
        ({"prefix": "/a\0b"}, "prefix = '/a"),
        ({"etcdctl": "etcd\0ctl"}, "etcdctl = "),
        ({"username": "a", "password": "gehei\nm"}, "password = (a secret)"),
    ],
)
def test_control_characters(changed, shown):
    with pytest.raises(InputError, match="without control characters") as caught:
        from_params({**PARAMS, **changed})
    assert str(caught.value).startswith(shown)
    assert "gehei" not in str(caught.value)


@pytest.mark.parametrize("url", ["http://u:geheim@x:1", "u:geheim@x:1"])
def test_a_password_in_an_endpoint_is_not_repeated(url):
    with pytest.raises(InputError, match="hidden") as caught:
        checked_endpoint(url)
    assert "geheim" not in str(caught.value)
