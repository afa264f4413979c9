# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The variables of a role as typed values. No I/O beside reading the role's argument_specs."""

from __future__ import annotations

import typing as t

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator

from ansible_collections.overlay.flannel.plugins.plugin_utils.plan_model import Refusal
from ansible_collections.overlay.flannel.plugins.plugin_utils.role_files import options


class Settings(t.NamedTuple):
    """Every option of the role without its prefix (`version` for `docker_version`), and what has the wrong type."""

    values: dict[str, t.Any]
    refusals: list[Refusal]


def variable_names(role: str) -> list[str]:
    return list(options(role))


def typed_settings(role: str, variables: t.Mapping[str, t.Any], names: t.Collection[str] = ()) -> Settings:
    """`variables` are the templated variables that are set; the others have the default of the argument_specs.

    `names` selects some of the options, without their prefix; by default all.
    """
    values: dict[str, t.Any] = {}
    refusals: list[Refusal] = []
    for name, option in options(role).items():
        if names and name[len(role) + 1 :] not in names:
            continue
        found = ArgumentSpecValidator({name: dict(option)}).validate({name: variables.get(name, option.get("default"))})
        values[name[len(role) + 1 :]] = found.validated_parameters[name]
        if found.error_messages:
            value = "(hidden)" if option.get("no_log") else variables.get(name)
            allowed = "; ".join(found.error_messages) if not option.get("no_log") else f"type {option['type']}"
            refusals.append(Refusal(name, value, allowed, f"give {name} a value of this type"))
    return Settings(values, refusals)
