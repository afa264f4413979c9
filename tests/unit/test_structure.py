# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The packages of plugins/ and the direction of their imports: a lower package never needs a higher one."""

from __future__ import annotations

import ast
import functools
from pathlib import Path

from ansible_collections.overlay.flannel.plugins.module_utils.flannel.backends import BACKENDS

PLUGINS = Path(__file__).parents[2] / "plugins"
COLLECTION = "ansible_collections.overlay.flannel.plugins."
MAY_IMPORT = {
    "common": set(),
    "flannel": {"common"},
    "etcd": {"common"},
    "etcd_cluster": {"common", "etcd"},
    "registry": {"common", "flannel", "etcd"},
    "host": {"common", "flannel"},
    "metrics": {"common", "flannel", "etcd", "etcd_cluster", "registry", "host"},
}
ROOT_FILES = {"overlay_module"}  # may import every package
# Files in which such a text is something else than a backend's name.
NOT_A_BACKEND = {
    "module_utils/flannel/backends.py": "the table itself",
    "module_utils/host/facts/iproute2.py": "a kind of link as the kernel reports it",
    "module_utils/host/facts/iproute2_text.py": "a kind of link as the kernel reports it",
    "module_utils/host/iptables/rules.py": "a protocol as iptables names it",
}
SOURCES = sorted(PLUGINS.rglob("*.py"))


def name_of(path):
    return str(path.relative_to(PLUGINS))


@functools.lru_cache(maxsize=None)
def nodes_of(path):
    return list(ast.walk(ast.parse(path.read_text())))


def imports_of(path):
    """Modules of this collection that the file imports, without the common beginning."""
    names = []
    for node in nodes_of(path):
        if isinstance(node, ast.ImportFrom):
            names += [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        elif isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
    return [name[len(COLLECTION) :] for name in names if name and name.startswith(COLLECTION)]


def forbidden(path):
    """Imports that go against the direction."""
    kind, package = path.relative_to(PLUGINS).parts[:2]
    if kind != "module_utils":
        return []
    allowed = set(MAY_IMPORT) if path.stem in ROOT_FILES else {package, *MAY_IMPORT[package]}
    imported = {tuple((name + "..").split(".")[:2]) for name in imports_of(path)}
    return sorted(".".join(one) for one in imported if one != ("module_utils", "") and not is_in(one, allowed))


def is_in(imported, packages):
    return imported[0] == "module_utils" and imported[1] in packages


def test_packages_are_the_known_ones():
    folders = {path.name for path in (PLUGINS / "module_utils").iterdir() if path.is_dir()} - {"__pycache__"}
    files = {path.stem for path in (PLUGINS / "module_utils").glob("*.py")}
    assert (folders, files) == (set(MAY_IMPORT), ROOT_FILES)


def test_imports_go_one_way():
    assert {name_of(path): forbidden(path) for path in SOURCES if forbidden(path)} == {}


def test_no_import_is_relative():
    relative = [
        f"{name_of(path)}:{node.lineno}" for path in SOURCES for node in nodes_of(path) if getattr(node, "level", 0)
    ]
    assert relative == []


def test_packages_have_no_code_of_their_own():
    assert [name_of(path) for path in PLUGINS.rglob("__init__.py") if path.read_text()] == []


def test_a_wrong_direction_is_found(tmp_path, monkeypatch):
    wrong = tmp_path / "module_utils" / "etcd" / "wrong.py"
    wrong.parent.mkdir(parents=True)
    wrong.write_text(
        f"from {COLLECTION}module_utils.flannel import keys\nimport {COLLECTION}plugin_utils.table\n"
        f"from {COLLECTION}module_utils.common.errors import StoreError\n"
    )
    monkeypatch.setattr(f"{__name__}.PLUGINS", tmp_path)
    assert forbidden(wrong) == ["module_utils.flannel", "plugin_utils.table"]


def test_backends_are_known_by_name_in_one_table():
    named = {name_of(path): sorted(backends_in(nodes_of(path))) for path in SOURCES if backends_in(nodes_of(path))}
    assert set(named) == set(NOT_A_BACKEND), {name: named.get(name) for name in set(named) ^ set(NOT_A_BACKEND)}


def backends_in(nodes):
    constants = (node for node in nodes if isinstance(node, ast.Constant))
    return {node.value for node in constants if isinstance(node.value, str) and node.value.lower() in BACKENDS}


def test_a_backends_name_is_found():
    assert backends_in(ast.walk(ast.parse("if kind in ('HOST-GW', 'x'): text = 'vxlan is it'"))) == {"HOST-GW"}
