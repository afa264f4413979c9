# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""argument_specs of the roles: each entry point has them, and their defaults are those of defaults/main.yml."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

ROLES = Path(__file__).resolve().parents[3] / "roles"


@pytest.mark.parametrize("role", ["docker", "etcd", "flannel", "metrics"])
def test_preflight_checks_the_same_variables_as_the_role(role: str) -> None:
    """Ansible checks the types of variables for an entry point that the specs name, and for no other."""
    specs = yaml.safe_load((ROLES / role / "meta/argument_specs.yml").read_text())["argument_specs"]
    assert specs["main"]["options"]
    assert specs["preflight"]["options"] == specs["main"]["options"]


@pytest.mark.parametrize("role", ["docker", "etcd", "flannel", "metrics"])
def test_the_plan_and_the_role_have_the_same_defaults(role: str) -> None:
    """The plan takes them from the specs, tasks and handlers from defaults/main.yml."""
    options = yaml.safe_load((ROLES / role / "meta/argument_specs.yml").read_text())["argument_specs"]["main"][
        "options"
    ]
    defaults = yaml.safe_load((ROLES / role / "defaults/main.yml").read_text())
    assert {name: option.get("default") for name, option in options.items()} == defaults
