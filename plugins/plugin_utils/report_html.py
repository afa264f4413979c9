# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Elements of HTML. Whatever is not `Html` is escaped here, and nowhere else. No I/O."""

from __future__ import annotations

import base64
import hashlib
import html
import typing as t

from ansible_collections.overlay.flannel.plugins.module_utils.common.findings import escaped

VOID = ("meta",)


class Html(str):
    """Text that is markup already. Only the functions of this file make it."""


Child = t.Any  # a text, a number, Html, None, or a list of these
Attribute = t.Union[str, int, float, bool, None]


def text(value: object) -> Html:
    """Any text of a host or of etcd as it is shown: no markup, no control characters."""
    return Html(html.escape(escaped(str(value)), quote=True))


def joined(children: t.Iterable[Child]) -> Html:
    return Html("".join(markup(child) for child in children))


def markup(child: Child) -> str:
    if isinstance(child, Html):
        return child
    if child is None or child is False:
        return ""
    if isinstance(child, (list, tuple)):
        return joined(child)
    return text(child)


def element(tag: str, *children: Child, **attributes: Attribute) -> Html:
    """`class_` is written as class, `data_x` as data-x. None and False leave an attribute out, True gives it no value."""
    words = "".join(
        attribute(key, value) for key, value in attributes.items() if value is not None and value is not False
    )
    return Html(f"<{tag}{words}>" if tag in VOID else f"<{tag}{words}>{joined(children)}</{tag}>")


def attribute(key: str, value: Attribute) -> str:
    name = key.rstrip("_").replace("_", "-")
    return f" {name}" if value is True else f' {name}="{text(value)}"'


def document(title: str, style: str, script: str, body: Html) -> Html:
    """One file that loads nothing. The policy lets a browser use this style and this script only."""
    policy = f"default-src 'none'; style-src '{source(style)}'; script-src '{source(script)}'; base-uri 'none'; form-action 'none'"
    head = joined(
        [
            element("meta", charset="utf-8"),
            element("meta", http_equiv="Content-Security-Policy", content=policy),
            element("meta", name="viewport", content="width=device-width, initial-scale=1"),
            element("meta", name="color-scheme", content="light dark"),
            element("meta", name="referrer", content="no-referrer"),
            element("title", title),
            element("style", own(style)),
        ]
    )
    parts = [element("head", head), element("body", body, element("script", own(script)))]
    return Html("<!doctype html>\n" + element("html", *parts, lang="en") + "\n")


def own(code: str) -> Html:
    """Our own style or script, which is not escaped in HTML."""
    if "</" in code or "<!--" in code:
        raise ValueError("a style or script that ends its element early")
    return Html(code)


def source(code: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(code.encode()).digest()).decode()
