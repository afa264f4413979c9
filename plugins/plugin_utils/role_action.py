# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the action plugins share: variables of a role, facts of the host, files of the controller."""

from __future__ import annotations

import functools
import hashlib
import os
import time
import typing as t

from ansible.errors import AnsibleActionFail
from ansible.plugins.action import ActionBase
from ansible.plugins.loader import filter_loader

from ansible_collections.overlay.flannel.plugins.module_utils.host.types import Query
from ansible_collections.overlay.flannel.plugins.plugin_utils import components, metrics_program, secret_digest
from ansible_collections.overlay.flannel.plugins.plugin_utils.desired_state import covers, union
from ansible_collections.overlay.flannel.plugins.plugin_utils.host_access import access_refusals
from ansible_collections.overlay.flannel.plugins.plugin_utils.plan_model import Controller, HostFacts, Plan
from ansible_collections.overlay.flannel.plugins.plugin_utils.role_files import (
    compile_templates,
    options,
    render,
    variables_of_playbooks,
)
from ansible_collections.overlay.flannel.plugins.plugin_utils.role_settings import (
    Settings,
    typed_settings,
    variable_names,
)

Variables = t.Dict[str, t.Any]
HOST_INFO = "overlay.flannel.host_info"
NO_QUERY = union({}, {})


# Ansible loads an action plugin before it forks the workers. What is loaded here is there in each of them; otherwise each worker
# would read argument_specs, templates and the filters of the role _overlay by itself, for each task and host.
for _role in components.BY_NAME:
    options(_role)
    compile_templates(_role)
variables_of_playbooks()
metrics_program.literals()
for _filter in ("with_psk", "split_psk", "docker_overlay", "pending_hosts"):
    filter_loader.get(f"overlay.flannel.{_filter}")


class RoleAction(ActionBase):
    """The controller side of a module or of a plan; it runs once for each host."""

    _requires_connection = False

    def settings(self, role: str, variables: Variables, names: t.Collection[str] = ()) -> Settings:
        """The variables of the role (or some of them, named without its prefix) as this host has them, typed."""
        wanted = [f"{role}_{name}" for name in names] or variable_names(role)
        # The earlier facts are no setting of a plan, and templating them would take longer than all the rest.
        given = {name: variables[name] for name in wanted if name in variables and name != f"{role}_host_info"}
        return typed_settings(role, self._templar.template(given), names)

    def plan_settings(self, component: components.Component, role: str, variables: Variables) -> Settings:
        """All settings, or those of the query where the role is switched off."""
        if component.switch:
            found = self.settings(role, variables, component.query_settings)
            if not found.refusals and not found.values[component.switch]:
                return found
        return self.settings(role, variables)

    def template_once(self, names: t.Iterable[str], variables: Variables) -> None:
        """Variables of the role _overlay to which others refer: Ansible would template them again for each of those."""
        for name in names:
            if name in variables:
                variables[name] = self._templar.template(variables[name])
        self._templar.available_variables = variables

    def query(self, roles: t.Iterable[str], variables: Variables) -> Query:
        """Everything that the plans of these roles have to know of the host."""
        found = NO_QUERY
        for role in roles:
            component = components.BY_NAME[role]
            found = union(found, component.query(self.settings(role, variables, component.query_settings).values))
        return found

    def host_facts(self, query: Query, reuse: HostFacts, variables: Variables, **options: t.Any) -> dict[str, t.Any]:
        """`reuse` where it answers the query and no further option needs a check, else the module's new result.

        A new result also answers the query of the earlier one, so that the next role can reuse it.
        """
        if reuse and not options and covers(reuse, query):
            return dict(reuse)
        earlier = reuse or variables.get("overlay_host_info") or {}
        asked = union(query, earlier.get("query") or {}) if not options else query
        result: dict[str, t.Any] = self._execute_module(
            module_name=HOST_INFO,
            module_args={"digest_key": secret_digest.KEY, **asked, **options},
            task_vars=variables,
        )
        return result

    def arguments(self, specification: t.Mapping[str, t.Any]) -> dict[str, t.Any]:
        """The task's options, typed; AnsibleActionFail names what is wrong with them."""
        _result, found = self.validate_argument_spec(argument_spec=dict(specification))  # type: ignore[no-untyped-call]
        typed: dict[str, t.Any] = found
        return typed

    def named_facts(self, name: str, variables: Variables) -> HostFacts:
        """The result of host_info that the variable holds; AnsibleActionFail where there is no such variable."""
        if name not in variables:
            raise AnsibleActionFail(
                f"facts = {name}: allowed: the name of a variable that holds a result of {HOST_INFO}."
                f" Fix: register the result of {HOST_INFO}, and give the name of that variable"
            )
        found: HostFacts = variables[name]
        return found

    def plan(self, role: str, facts: HostFacts, variables: Variables) -> Plan:
        """The plan of one role; facts of a user other than root, and values of a wrong type, are refused first and alone."""
        host, settings = variables["inventory_hostname"], self.plan_settings(components.BY_NAME[role], role, variables)
        first = [*access_refusals(facts)] or settings.refusals
        if first:
            return Plan(refusals=[refusal.to_text(host) for refusal in first])
        controller = self.controller(role, settings.values, variables)
        found: Plan = components.BY_NAME[role].plan(settings.values, facts, controller, functools.partial(render, role))
        return found

    def controller(self, role: str, settings: t.Mapping[str, t.Any], variables: Variables) -> Controller:
        return Controller(
            host=variables["inventory_hostname"],
            ansible_host=str(self._templar.template(variables.get("ansible_host") or "")),
            now=time.time(),
            digest=digest_of,
            read=read_text,
            groups=variables.get("groups") or {},
            members=self.members(settings, variables) if role == "etcd" else (),
            first_start=self._templar.template(variables.get("__etcd_first_start") or {}),
            move=self._templar.template(variables.get("__etcd_move") or "") if role == "etcd" else "",
        )

    def members(self, settings: t.Mapping[str, t.Any], variables: Variables) -> list[t.Mapping[str, t.Any]]:
        """What the members in this batch say of themselves, in the order of the list (host_info with the component etcd)."""
        names = settings["members"] or (variables.get("groups") or {}).get(settings["group"]) or []
        batch = set(variables.get("ansible_play_batch") or [])
        found = [member_fact(results_of(name, variables)) for name in names if name in batch]
        return [member for member in found if member]


def results_of(name: str, variables: Variables) -> t.Mapping[str, t.Any]:
    """Variables of another host, for results of tasks only: Ansible would look for templates in these, which takes longer than a plan."""
    found: t.Mapping[str, t.Any] = variables["hostvars"].raw_get(name)
    return found


def member_fact(variables: t.Mapping[str, t.Any]) -> t.Mapping[str, t.Any] | None:
    r"""From the newest result: the role registers \`etcd_host_facts\`, the playbooks \`overlay_host_info\`."""
    for name in ("etcd_host_facts", "overlay_host_info"):
        if name in variables and "etcd_member" in variables[name]:
            found: t.Mapping[str, t.Any] = variables[name]["etcd_member"]
            return found
    return None


def read_text(path: str) -> str | None:
    try:
        with open(os.path.expanduser(path), encoding="utf-8", errors="replace") as file:
            return file.read()
    except OSError:
        return None


@functools.lru_cache(maxsize=None)
def _digest(path: str, _modified: int, _size: int) -> str:
    found = hashlib.sha256()
    with open(path, "rb") as file:
        for block in iter(lambda: file.read(1 << 20), b""):
            found.update(block)
    return found.hexdigest()


def digest_of(path: str) -> str | None:
    path = os.path.expanduser(path)
    try:
        state = os.stat(path)
        return _digest(path, state.st_mtime_ns, state.st_size)
    except OSError:
        return None
