# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""URLs of downloads, which appear in results and messages: they must hold no password. No I/O."""

from __future__ import annotations

import urllib.parse

from ansible_collections.overlay.flannel.plugins.module_utils.common.redaction import redact
from ansible_collections.overlay.flannel.plugins.plugin_utils.plan_model import Refusal


def has_user(url: str) -> bool:
    try:
        return "@" in urllib.parse.urlsplit(url).netloc
    except ValueError:
        return False


NETRC = "put user and password into ~/.netrc of the controller, which Ansible reads: machine HOST login USER password PASSWORD"
ON_THE_HOST = "put user and password into a file of the hosts that only root reads: /etc/apt/auth.conf.d/docker.conf, or the options of dnf"


def user_in_url(variable: str, url: str, fix: str = NETRC) -> Refusal:
    return Refusal(
        variable,
        redact(url),
        "a URL without user and password, because Ansible shows URLs",
        fix,
    )
