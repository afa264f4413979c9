# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Metrics as text for Prometheus (the exposition format, version 0.0.4). No I/O."""

from __future__ import annotations

import typing as t

from ansible_collections.overlay.flannel.plugins.module_utils.common.findings import escaped

GAUGE = "gauge"
ESCAPES = {"\\": r"\\", '"': r"\"", "\n": r"\n"}


class Family(t.NamedTuple):
    """A metric of the catalogue: what it says, and its labels."""

    text: str
    labels: t.Tuple[str, ...] = ()


class Sample(t.NamedTuple):
    """`labels` are the values of the family's labels, in their order."""

    name: str
    value: float
    labels: t.Tuple[str, ...] = ()


def to_text(catalogue: t.Mapping[str, Family], samples: t.Sequence[Sample]) -> str:
    """In the order of the catalogue; a metric without a sample is not there. KeyError for a name that the catalogue does not have."""
    found: dict[str, list[Sample]] = {}
    for sample in samples:
        if len(sample.labels) != len(catalogue[sample.name].labels):
            raise KeyError(f"{sample.name} has the labels {catalogue[sample.name].labels}")
        found.setdefault(sample.name, []).append(sample)
    lines: list[str] = []
    for name, family in catalogue.items():
        if name in found:
            lines += [f"# HELP {name} {help_text(family.text)}", f"# TYPE {name} {GAUGE}"]
            lines += [line(sample, family.labels) for sample in found[name]]
    return "".join(f"{one}\n" for one in lines)


def help_text(text: str) -> str:
    return text.replace("\\", r"\\").replace("\n", r"\n")


def line(sample: Sample, names: t.Sequence[str]) -> str:
    labels = ",".join(f'{name}="{label_value(value)}"' for name, value in zip(names, sample.labels))
    return f"{sample.name}{{{labels}}} {number(sample.value)}" if labels else f"{sample.name} {number(sample.value)}"


def label_value(value: str) -> str:
    """What a host or etcd says has no control characters then; a backslash that this writes is one of the label, too."""
    return "".join(ESCAPES.get(char, char) for char in escaped(value))


def number(value: float) -> str:
    """Whole numbers without a point, others as Go reads them."""
    return str(int(value)) if value == int(value) else repr(round(float(value), 6))
