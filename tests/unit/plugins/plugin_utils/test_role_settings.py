# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pathlib

import pytest
import yaml

from ansible_collections.overlay.flannel.plugins.plugin_utils.role_files import ROLES, options, render
from ansible_collections.overlay.flannel.plugins.plugin_utils.role_settings import typed_settings, variable_names

PUBLIC = ("etcd", "flannel", "docker")


@pytest.mark.parametrize("role", PUBLIC)
def test_the_defaults_of_the_role_and_of_its_argument_specs_are_the_same(role):
    defaults = yaml.safe_load((ROLES / role / "defaults/main.yml").read_text())
    assert {name: option.get("default") for name, option in options(role).items()} == defaults


@pytest.mark.parametrize("role", PUBLIC)
def test_defaults_have_the_right_type(role):
    found = typed_settings(role, {})
    assert found.refusals == []
    assert [f"{role}_{name}" for name in found.values] == variable_names(role)


def test_values_are_converted():
    found = typed_settings("docker", {"docker_install": "no", "docker_restart_timeout": "60", "docker_version": 26.1})
    assert found.refusals == []
    assert (found.values["install"], found.values["restart_timeout"], found.values["version"]) == (False, 60, "26.1")


@pytest.mark.parametrize(
    ("given", "allowed"),
    [
        ({"docker_package_source": "snap"}, "must be one of: distribution, docker-ce"),
        ({"docker_restart_timeout": "soon"}, "int"),
        ({"docker_install": "perhaps"}, "bool"),
    ],
)
def test_a_value_of_another_type_is_a_refusal(given, allowed):
    [refusal] = typed_settings("docker", given).refusals
    [(name, value)] = given.items()
    assert (refusal.variable, refusal.value) == (name, value)
    assert allowed in refusal.to_text("h") and refusal.to_text("h").startswith(f"h: {name} = {value}: allowed: ")


def test_a_secret_of_another_type_is_not_shown():
    [refusal] = typed_settings("flannel", {"flannel_etcd_password": {"hush": 1}}).refusals or [None]
    assert refusal is None or "hush" not in refusal.to_text("h")


def test_files_are_returned_as_they_are():
    for path in pathlib.Path(ROLES / "docker/files").iterdir():
        assert render("docker", path.name) == path.read_text()
