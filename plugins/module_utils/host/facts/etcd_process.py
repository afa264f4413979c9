# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The etcd that runs on this host: by which URL clients reach it, which is what the process itself was told, and its version."""

from __future__ import annotations

import http.client
import json
import ssl
import typing as t
import urllib.parse

from ansible_collections.overlay.flannel.plugins.module_utils.host.facts.processes import arguments, environment
from ansible_collections.overlay.flannel.plugins.module_utils.host.types import Etcd, Process

VARIABLE, FLAG = "ETCD_ADVERTISE_CLIENT_URLS", "advertise-client-urls"
TIMEOUT = 2.0


def read_etcd(process: Process | None) -> Etcd | None:
    """None where no etcd runs. Versions are empty where it does not answer, or has not found the others yet (`not_decided`)."""
    if process is None:
        return None
    urls = client_urls(process)
    answer = version_at(urls[0], environment(process["pid"]) or {}) if urls else {}
    return Etcd(client_urls=urls, version=number(answer, "etcdserver"), cluster_version=number(answer, "etcdcluster"))


def number(answer: t.Mapping[str, t.Any], name: str) -> str:
    value = answer.get(name)
    return value if isinstance(value, str) and value[:1].isdigit() else ""


def version_at(url: str, given: t.Mapping[str, str]) -> dict[str, t.Any]:
    """What the member itself says, to a client with the member's own certificate. Nothing is sent to it, so its certificate is not verified."""
    place = urllib.parse.urlsplit(url)
    try:
        connection = connection_to(place, given)
        try:
            connection.request("GET", "/version")
            found = json.loads(connection.getresponse().read(4096))
        finally:
            connection.close()
    except (OSError, ValueError, http.client.HTTPException):
        return {}
    return found if isinstance(found, dict) else {}


def connection_to(place: urllib.parse.SplitResult, given: t.Mapping[str, str]) -> http.client.HTTPConnection:
    host = place.hostname or ""
    if place.scheme != "https":
        return http.client.HTTPConnection(host, place.port or 80, timeout=TIMEOUT)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    if given.get("ETCD_CERT_FILE") and given.get("ETCD_KEY_FILE"):
        context.load_cert_chain(given["ETCD_CERT_FILE"], given["ETCD_KEY_FILE"])
    return http.client.HTTPSConnection(host, place.port or 443, timeout=TIMEOUT, context=context)


def client_urls(process: Process | None) -> list[str]:
    """Empty where no etcd runs, and where it got its URLs in another way, such as a configuration file."""
    if process is None:
        return []
    given = in_arguments(arguments(process["pid"])) or (environment(process["pid"]) or {}).get(VARIABLE, "")
    return [url.strip() for url in given.split(",") if url.strip()]


def in_arguments(argv: t.Sequence[str]) -> str:
    """The value of the flag, written with one or two dashes, as one argument or as two. An argument wins over a variable."""
    for argument, following in zip(argv, [*argv[1:], ""]):
        name, sign, value = argument.lstrip("-").partition("=")
        if argument.startswith("-") and name == FLAG:
            return value if sign else following
    return ""
