# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The templates, files and argument_specs of a role of this collection, read on the controller."""

from __future__ import annotations

import functools
import pathlib
import typing as t

import yaml
from jinja2 import Environment, FileSystemLoader, StrictUndefined

LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
ROLES = pathlib.Path(__file__).resolve().parents[2] / "roles"


@functools.lru_cache(maxsize=None)
def _environment(role: str) -> Environment:
    """As Ansible sets it up for its template module: blocks leave no empty line, an unknown variable is an error."""
    return Environment(
        loader=FileSystemLoader(str(ROLES / role / "templates")),
        trim_blocks=True,
        keep_trailing_newline=True,
        undefined=StrictUndefined,
        autoescape=False,
    )


def render(role: str, name: str, **variables: t.Any) -> str:
    """A template (`*.j2`) with these variables and nothing else, or the text of a file of the role."""
    if name.endswith(".j2"):
        return _environment(role).get_template(name).render(variables)
    return (ROLES / role / "files" / name).read_text(encoding="utf-8")


def compile_templates(role: str) -> None:
    """Jinja keeps them: workers that are forked later have them without work."""
    environment = _environment(role)
    for name in environment.list_templates(["j2"]):
        environment.get_template(name)


@functools.lru_cache(maxsize=None)
def options(role: str) -> t.Mapping[str, t.Mapping[str, t.Any]]:
    """The options of the role's entry point `main`: name -> type, default, choices, ..."""
    with open(ROLES / role / "meta" / "argument_specs.yml", encoding="utf-8") as specs:
        found: dict[str, t.Any] = yaml.load(specs, Loader=LOADER)["argument_specs"]["main"]["options"]
    return found


@functools.lru_cache(maxsize=None)
def variables_of_playbooks() -> tuple[str, ...]:
    """The variables of the public roles that the playbooks of this collection set: those of the role `_overlay`."""
    with open(ROLES / "_overlay" / "vars" / "main.yml", encoding="utf-8") as variables:
        names: t.Iterable[str] = yaml.load(variables, Loader=LOADER)
    return tuple(name for name in names if name.startswith(("etcd_", "flannel_", "docker_", "metrics_")))
