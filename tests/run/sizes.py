#!/usr/bin/env python3
"""Holds the sizes of plugins: short modules, short functions, all of them typed. Prints the worst where it fails."""

from __future__ import annotations

import ast
import statistics
import sys
from pathlib import Path

PLUGINS = Path(__file__).resolve().parents[2] / "plugins"
MODULES = {"median": 80, "longest": 120}  # lines without blank ones and documentation
FUNCTIONS = {"median": 12, "p90": 30, "longest": 50}  # lines
Function = (ast.FunctionDef, ast.AsyncFunctionDef)


def code_lines(path: Path) -> int:
    text = path.read_text()
    documents = [
        node
        for node in ast.parse(text).body
        if isinstance(node, ast.Assign)
        and getattr(node.targets[0], "id", "") in ("DOCUMENTATION", "EXAMPLES", "RETURN")
    ]
    return sum(1 for line in text.splitlines() if line.strip()) - sum(lines(node) for node in documents)


def lines(node: ast.stmt) -> int:
    return (node.end_lineno or node.lineno) - node.lineno + 1


def typed(function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    given = [*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs]
    return function.returns is not None and all(one.annotation or one.arg in ("self", "cls") for one in given)


def judge(what: str, sizes: dict[str, int], limits: dict[str, int]) -> bool:
    """Print the measures, and the worst where one is over its limit."""
    ordered = sorted(sizes, key=lambda name: -sizes[name])
    numbers = sorted(sizes.values())
    measures = {"median": statistics.median(numbers), "longest": numbers[-1], "p90": numbers[len(numbers) * 9 // 10]}
    good = all(measures[name] <= limit for name, limit in limits.items())
    print(f"{what}: " + ", ".join(f"{name} {measures[name]:g} of {limit}" for name, limit in limits.items()))
    for name in [] if good else ordered[:8]:
        print(f"  {sizes[name]:4d} {name}")
    return good


def main() -> int:
    functions, untyped = {}, []
    for path in sorted(PLUGINS.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, Function):
                name = f"{path.relative_to(PLUGINS)}:{node.lineno} {node.name}"
                functions[name] = lines(node)
                untyped += [] if typed(node) else [name]
    modules = {path.name: code_lines(path) for path in (PLUGINS / "modules").glob("*.py")}
    good = [judge("modules", modules, MODULES), judge("functions", functions, FUNCTIONS)]
    print(f"typed: {len(functions) - len(untyped)} of {len(functions)} functions", *untyped, sep="\n  ")
    return 0 if all(good) and not untyped else 1


if __name__ == "__main__":
    sys.exit(main())
