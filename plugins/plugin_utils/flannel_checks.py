# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What has to hold before the role flannel changes anything. No I/O."""

from __future__ import annotations

import re
import typing as t

from ansible_collections.overlay.flannel.plugins.module_utils.flannel.backends import BACKENDS, NO_COMMANDS
from ansible_collections.overlay.flannel.plugins.module_utils.flannel.psk import secrets
from ansible_collections.overlay.flannel.plugins.plugin_utils import flannel_pki, pki
from ansible_collections.overlay.flannel.plugins.plugin_utils.address_selection import as_address
from ansible_collections.overlay.flannel.plugins.plugin_utils.flannel_context import FlannelContext
from ansible_collections.overlay.flannel.plugins.plugin_utils.flannel_environment import own_environment
from ansible_collections.overlay.flannel.plugins.plugin_utils.flannel_firewall import firewall_refusals
from ansible_collections.overlay.flannel.plugins.plugin_utils.flannel_networkd import refuse_network_files
from ansible_collections.overlay.flannel.plugins.plugin_utils.flannel_ownership_checks import ownership_refusals
from ansible_collections.overlay.flannel.plugins.plugin_utils.flannel_source_checks import source_refusals
from ansible_collections.overlay.flannel.plugins.plugin_utils.plan_model import Refusal

DOCKER_KEY = re.compile(r"(?!DOCKER_OPT_)[A-Z_][A-Z0-9_]*")
ENDPOINT = re.compile(r"https?://[^/@,;\s]+/?")
PREFIX = re.compile(r"(/[A-Za-z0-9][A-Za-z0-9._-]*)+")
CONTROL_CHARACTER = re.compile(r"[\x00-\x1f]")


def refusals(context: FlannelContext) -> t.Iterator[Refusal]:
    yield from host_refusals(context)
    yield from command_refusals(context)
    yield from source_refusals(context)
    yield from etcd_refusals(context)
    yield from ownership_refusals(context)
    yield from firewall_refusals(context)
    yield from refuse_network_files(context)


def host_refusals(context: FlannelContext) -> t.Iterator[Refusal]:
    init = context.facts["platform"]["init"]
    if init != "systemd":
        yield Refusal("init system", init, "systemd", "use a systemd host")
    yield from address_refusals(context)
    wanted = context.settings
    if not DOCKER_KEY.fullmatch(wanted.docker_options_key):
        allowed = "a variable's name in capitals that does not begin with DOCKER_OPT_"
        fix = "use DOCKER_OPTS or DOCKER_NETWORK_OPTIONS"
        yield Refusal("flannel_docker_options_key", wanted.docker_options_key, allowed, fix)
    if wanted.start_timeout <= 0 or wanted.etcd_timeout <= 0:
        names, values = "flannel_start_timeout, flannel_etcd_timeout", f"{wanted.start_timeout}, {wanted.etcd_timeout}"
        yield Refusal(names, values, "seconds above 0", "set them to 60 and 5")


def address_refusals(context: FlannelContext) -> t.Iterator[Refusal]:
    """That no two hosts have one address is checked where all of them are known: roles/flannel/tasks/addresses.yml."""
    wanted, choice = context.settings, context.choice
    if choice["problem"]:
        allowed = f"a name, an IPv4 address, a network or a pattern of one interface: {choice['problem']}"
        value = wanted.interface or "not set"
        yield Refusal("flannel_interface", value, allowed, "set flannel_interface to one of these")
    if wanted.public_ip and not as_address(wanted.public_ip):
        fix = "set it to the address at which the other hosts reach this host, or leave it out"
        yield Refusal("flannel_public_ip", wanted.public_ip, "an IPv4 address", fix)
    backend = context.config.backend_type if context.config else ""
    if backend and BACKENDS[backend].is_direct and wanted.public_ip not in ("", choice["address"]):
        allowed = f"the interface's own address {choice['address']}, because the backend {backend} cannot pass a NAT"
        fix = "leave flannel_public_ip out, or use the backend vxlan"
        yield Refusal("flannel_public_ip", wanted.public_ip, allowed, fix)


def command_refusals(context: FlannelContext) -> t.Iterator[Refusal]:
    backend = context.config.backend_type if context.config else ""
    if backend and BACKENDS[backend].runs_commands and not context.settings.allow_extension:
        fix = "use vxlan, or set overlay_allow_extension (flannel_allow_extension without the collection's playbooks) to true"
        yield Refusal("flannel_network: Backend.Type", backend, NO_COMMANDS, fix)


def etcd_refusals(context: FlannelContext) -> t.Iterator[Refusal]:
    yield from endpoint_refusals(context)
    yield from certificate_refusals(context)
    yield from key_refusals(context)
    wanted = context.settings
    if (wanted.etcd_username == "") != (wanted.etcd_password == ""):
        names = "flannel_etcd_username, flannel_etcd_password"
        yield Refusal(names, "one of them is empty", "both or none", "set both, or leave both out")
    if any(CONTROL_CHARACTER.search(value) for value in own_environment(context).values()):
        value = "a value with a line break or another control character"
        yield Refusal("flannel_etcd_*", value, "text in one line", "remove the character")


def key_refusals(context: FlannelContext) -> t.Iterator[Refusal]:
    """A key in the network's configuration is in etcd, from where every host reads it."""
    wanted = context.settings
    plain = [url for url in wanted.etcd_endpoints if url not in wanted.secure_endpoints]
    if plain and secrets(wanted.network) and not wanted.psk_over_http:
        yield Refusal(
            "overlay_psk, or a key in overlay_network",
            f"a key (hidden) that is in etcd, and etcd is read by {redacted_endpoints(plain)}",
            "a key only where etcd has TLS; without it anybody who reaches etcd reads the key",
            "secure etcd with overlay_etcd_tls: true (for another etcd: https:// in overlay_etcd_endpoints), and then make a new key;"
            " or set overlay_psk_over_http: true (without the playbooks flannel_psk_over_http) if nobody else reaches etcd",
        )


def endpoint_refusals(context: FlannelContext) -> t.Iterator[Refusal]:
    wanted = context.settings
    if not wanted.etcd_endpoints or not all(ENDPOINT.fullmatch(url) for url in wanted.etcd_endpoints):
        allowed = "one or more URLs such as http://172.72.2.11:2379"
        fix = "list the client URLs of etcd's members"
        yield Refusal("flannel_etcd_endpoints", redacted_endpoints(wanted.etcd_endpoints), allowed, fix)
    if not PREFIX.fullmatch(wanted.etcd_prefix):
        allowed = "names of letters, digits, '.', '_' and '-', each after one '/'"
        yield Refusal("flannel_etcd_prefix", wanted.etcd_prefix, allowed, "use /flannel/network")


def redacted_endpoints(endpoints: t.Sequence[str]) -> str:
    """flannel supports no user in a URL, but the inventory may have one."""
    return ", ".join(re.sub(r"^([a-z]*://)?.*@", r"\1(hidden)@", url) for url in endpoints) or "empty"


def certificate_refusals(context: FlannelContext) -> t.Iterator[Refusal]:
    wanted = context.settings
    if (wanted.etcd_client_cert == "") != (wanted.etcd_client_key == ""):
        names, value = (
            "flannel_etcd_client_cert, flannel_etcd_client_key",
            f"{wanted.etcd_client_cert}, {wanted.etcd_client_key}",
        )
        yield Refusal(names, value, "both or none", "set both, or leave both out")
    if wanted.etcd_ca_cert and not wanted.etcd_client_cert and not wanted.reads_v2:
        allowed = "empty without flannel_etcd_client_cert, because flannel 0.18 and newer ignores a CA without a client certificate"
        fix = "set flannel_etcd_client_cert and flannel_etcd_client_key, or add the CA to the host's trust store"
        yield Refusal("flannel_etcd_ca_cert", wanted.etcd_ca_cert, allowed, fix)
    if wanted.certificates and len(wanted.secure_endpoints) != len(wanted.etcd_endpoints):
        allowed, fix = (
            "https:// in every URL, because certificates are set",
            "use https://, or leave the certificates out",
        )
        yield Refusal("flannel_etcd_endpoints", redacted_endpoints(wanted.etcd_endpoints), allowed, fix)
    if wanted.pki_dir:
        text = context.controller.read(f"{wanted.pki_dir}/{pki.AUTHORITY}")
        if pki.is_foreign(context.facts, flannel_pki.CA_CERT, text):
            yield pki.foreign_authority("flannel_pki_dir", wanted.pki_dir, flannel_pki.CA_CERT)
    elif not all(context.file_exists(path) for path in wanted.certificates):
        names = "flannel_etcd_ca_cert, flannel_etcd_client_cert, flannel_etcd_client_key"
        value, fix = ", ".join(wanted.certificates), "copy them to the host before this role runs"
        yield Refusal(names, value, "files that are on the host", fix)
