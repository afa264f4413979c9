# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from ansible_collections.overlay.flannel.plugins.module_utils.common.errors import InputError
from ansible_collections.overlay.flannel.plugins.module_utils.flannel.versions import (
    flannel_api,
    parse_version,
    rules_for,
)


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("0.28.10", (0, 28, 10)),
        ("v0.7.1", (0, 7, 1)),
        ("3.4", (3, 4, 0)),
        ("0.20.2-k3s1.23", (0, 20, 2)),
        (" 3.6.14 ", (3, 6, 14)),
    ],
)
def test_versions(text, version):
    assert parse_version(text) == version


@pytest.mark.parametrize("text", ["", "latest", "dev", "1", "0.28.x", "0.28.10.1"])
def test_no_versions(text):
    with pytest.raises(InputError, match="flannel_version = .*allowed: a release such as"):
        parse_version(text)


@pytest.mark.parametrize(
    ("flannel", "api"), [("0.7.1", "v2"), ("0.17.0", "v2"), ("0.18.0", "v3"), ("v0.28.10", "v3"), ("1.0.0", "v3")]
)
def test_api_of_flannel(flannel, api):
    assert flannel_api(flannel) == api


@pytest.mark.parametrize(
    ("given", "api", "rules"), [("0.9.0", "v3", "0.9.0"), ("", "v2", "0.17.0"), ("", "v3", "0.28.10")]
)
def test_rules(given, api, rules):
    assert rules_for(given, api) == rules
