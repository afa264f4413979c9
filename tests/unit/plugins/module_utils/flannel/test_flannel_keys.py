# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest

from ansible_collections.overlay.flannel.plugins.module_utils.common.errors import InputError
from ansible_collections.overlay.flannel.plugins.module_utils.flannel.keys import keys_below


@pytest.mark.parametrize(
    ("prefix", "api", "config"),
    [
        ("/flannel/network", "v3", "/flannel/network/config"),
        ("//flannel//network/", "v3", "/flannel/network/config"),
        ("flannel", "v3", "flannel/config"),
        ("flannel", "v2", "/flannel/config"),
    ],
)
def test_config(prefix, api, config):
    assert keys_below(prefix, api).config == config


@pytest.mark.parametrize("prefix", ["", "/", "//"])
def test_no_prefix(prefix):
    with pytest.raises(InputError, match="prefix = "):
        keys_below(prefix, "v3")


@pytest.mark.parametrize(
    ("api", "key", "is_lease"),
    [
        ("v3", "/x/subnets/10.5.1.0-24", True),
        ("v3", "/x/subnets_old/10.5.1.0-24", True),
        ("v2", "/x/subnets_old/10.5.1.0-24", False),
        ("v2", "/x/subnets/10.5.1.0-24", True),
        ("v3", "/x/config", False),
        ("v3", "/y/subnets/10.5.1.0-24", False),
    ],
)
def test_leases(api, key, is_lease):
    assert keys_below("/x", api).is_lease(key) == is_lease


def test_places():
    keys = keys_below("/x", "v3")
    assert keys.is_in_place("/x/subnets/10.5.1.0-24", "10.5.1.0-24")
    assert not keys.is_in_place("/x/subnets/a/10.5.1.0-24", "10.5.1.0-24")
