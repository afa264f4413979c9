# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Settings of Sphinx for the site (make docs). Every warning ends the build, a link that leads nowhere among them."""

from __future__ import annotations

import posixpath
import re
from pathlib import Path

import yaml
from sphinx.application import Sphinx
from sphinx.util import logging

GALAXY = yaml.safe_load((Path(__file__).parents[2] / "galaxy.yml").read_text())
LINK = re.compile(r"(?<=\]\()(?!https?:|#|mailto:)([^)#\s]+)(?=[)#])")
SOURCES = f"{GALAXY['repository']}/blob/main"

project = html_title = "overlay.flannel"
copyright = "overlay.flannel contributors"  # noqa: A001
release = GALAXY["version"]
extensions = ["myst_parser", "sphinx_antsibull_ext"]
html_theme = "furo"
nitpicky = True
smartquotes = False
myst_heading_anchors = 4
exclude_patterns = ["LICENSE", "changelogs", "docs/site", "findings", "plugins", "tests", "vagrant"]


def link_to_sources(app: Sphinx, name: str, content: list[str]) -> None:
    """Pages name files and folders of the collection: on the site these links lead to the repository. One that is not there is a warning."""

    def place(match: re.Match[str]) -> str:
        path = posixpath.normpath(posixpath.join(posixpath.dirname(name), match.group(1)))
        target = Path(app.srcdir, path)
        if not target.exists():
            logging.getLogger(__name__).warning("no such file: %s", match.group(1), location=name, type="link")
        is_page = target.suffix == ".md" and not any(target.match(f"{one}/*") for one in exclude_patterns)
        return match.group(1) if is_page else f"{SOURCES}/{path}"

    if Path(app.env.doc2path(name)).suffix == ".md":
        content[0] = LINK.sub(place, content[0])


def setup(app: Sphinx) -> None:
    app.connect("source-read", link_to_sources)
