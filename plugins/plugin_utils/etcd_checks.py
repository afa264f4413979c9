# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What has to hold before etcd is changed on a host. No I/O."""

from __future__ import annotations

import re
import typing as t

from ansible_collections.overlay.flannel.plugins.plugin_utils import etcd_backup, etcd_pki, pki
from ansible_collections.overlay.flannel.plugins.plugin_utils.download_urls import has_user, user_in_url
from ansible_collections.overlay.flannel.plugins.plugin_utils.etcd_context import ENVIRONMENT, UNIT, EtcdContext
from ansible_collections.overlay.flannel.plugins.plugin_utils.etcd_data_checks import lost_data_checks, restore_checks
from ansible_collections.overlay.flannel.plugins.plugin_utils.etcd_move import (
    can_move,
    is_same_place,
    peer_scheme_changes,
)
from ansible_collections.overlay.flannel.plugins.plugin_utils.etcd_ownership_checks import ownership_checks
from ansible_collections.overlay.flannel.plugins.plugin_utils.etcd_release import CHECKSUMS
from ansible_collections.overlay.flannel.plugins.plugin_utils.etcd_running_checks import running_checks
from ansible_collections.overlay.flannel.plugins.plugin_utils.plan_model import Refusal

Refusals = t.Iterator[Refusal]
NOTHING_EXPERIMENTAL = (3, 7)  # the first release without --experimental-* flags

# Settings that the role decides, and those that would undo what it decides
OWN_SETTINGS = re.compile(
    r"ETCD_(NAME|DATA_DIR|LISTEN_(CLIENT|PEER)_URLS|ADVERTISE_CLIENT_URLS|INITIAL_(ADVERTISE_PEER_URLS|CLUSTER.*)|DISCOVERY.*"
    r"|FORCE_NEW_CLUSTER|CONFIG_FILE|ENABLE_V2|UNSUPPORTED_ARCH"
    r"|(PEER_)?(CERT_FILE|KEY_FILE|TRUSTED_CA_FILE|CLIENT_CERT_AUTH|AUTO_TLS))"
)


def refusals(context: EtcdContext, environment: str) -> Refusals:
    """In the order in which they help most; `environment` is what would be written for etcd."""
    yield from host_checks(context)
    yield from member_checks(context)
    yield from address_checks(context)
    yield from value_checks(context)
    yield from program_checks(context)
    yield from archive_checks(context)
    yield from flannel_checks(context)
    yield from tls_checks(context)
    yield from pki_checks(context)
    yield from setting_checks(context)
    yield from etcd_backup.refusals(context)
    yield from vendor_flag_checks(context, environment)
    yield from ownership_checks(context)
    yield from unit_and_data_checks(context)
    yield from identity_checks(context)
    yield from running_checks(context)
    yield from restore_checks(context)
    yield from lost_data_checks(context)


def host_checks(context: EtcdContext) -> Refusals:
    init = context.platform["init"]
    if init != "systemd":
        yield Refusal("init system", init, "systemd", "use a systemd host")


def member_checks(context: EtcdContext) -> Refusals:
    names, group, host = context.names, context.settings.group, context.controller.host
    value = ", ".join(names) or "(empty)"
    if not names:
        fix = f"put hosts into the inventory group {group}, or set etcd_members"
        yield Refusal("etcd_members", value, "names of one or more hosts", fix)
    if host not in names:
        fix = f"add it to the list (or to the group {group}), or do not run the role on it"
        yield Refusal("etcd_members", value, f"a list with {host}, on which the role runs", fix)
    if len(set(names)) != len(names):
        yield Refusal("etcd_members", value, "every name once", "remove the repeated names")
    if not re.fullmatch(r'[^\s,="]+', host):
        allowed = "a name without blanks, commas, quotes and equals signs (it becomes the member's name)"
        yield Refusal("inventory_hostname", host, allowed, "rename the host in the inventory")
    absent = [name for name in names if name not in {member["name"] for member in context.members}]
    if absent:
        yield Refusal(
            "etcd_members",
            f"{', '.join(absent)}: not part of this run or batch, or failed",
            "members that are part of the same run",
            "bring them back and run without --limit and serial (the role restarts one member at a time by itself);"
            " to work without a lost member set etcd_members to the others",
        )


def address_checks(context: EtcdContext) -> Refusals:
    settings, found, own = context.settings, context.found, context.member
    if found["problem"]:
        yield Refusal(
            "etcd_address" if settings.address else "etcd_interface",
            settings.address or settings.interface or "(empty)",
            f"an IPv4 address of this host, or what names one of its interfaces: {found['problem']}",
            "set etcd_address to the address by which the other members reach this host",
        )
    same = [member["name"] for member in context.others if member["peer_url"] == own["peer_url"]]
    if same:
        yield Refusal(
            "etcd_address",
            f"{own['peer_url']}, which is also that of {', '.join(same)}",
            "an address that no other member has",
            "set etcd_address or etcd_interface (Vagrant's first interface has the same address on every host)",
        )


def value_checks(context: EtcdContext) -> Refusals:
    settings = context.settings
    ports = (settings.client_port, settings.peer_port)
    if ports[0] == ports[1] or not all(0 < port < 65536 for port in ports):
        yield Refusal(
            "etcd_client_port, etcd_peer_port",
            f"{ports[0]}, {ports[1]}",
            "two different ports from 1 to 65535",
            "leave them out (2379 and 2380)",
        )
    if not re.fullmatch(r"[A-Za-z0-9._-]+", settings.cluster_token):
        allowed = "letters, digits, dots, dashes and underscores"
        yield Refusal("etcd_cluster_token", settings.cluster_token, allowed, "leave it out (overlay-etcd)")
    if not re.fullmatch(r'/[^\s"%]+/[^\s"%/]+', settings.data_dir):
        allowed = "an absolute path of two or more parts, without blanks and percent signs"
        yield Refusal("etcd_data_dir", settings.data_dir, allowed, "leave it out (/var/lib/etcd/overlay)")
    if settings.start_timeout < 10:
        yield Refusal("etcd_start_timeout", settings.start_timeout, "10 or more seconds", "leave it out (60)")


def program_checks(context: EtcdContext) -> Refusals:
    settings, vendor = context.settings, context.vendor
    method, fixed = settings.install_method, vendor.fixed_version
    if method not in ("package", "archive", "file"):
        yield Refusal("etcd_install_method", method, "package, archive, file", "choose one of them")
    if settings.by_package and not fixed and context.platform["package_manager"] != "apt":
        allowed = "package only on Debian, Ubuntu, CentOS 7 and RHEL 7"
        yield Refusal(
            "etcd_install_method", f"package (on {_system(context)})", allowed, "etcd_install_method: archive"
        )
    if settings.by_package and fixed not in ("", settings.version):
        yield Refusal(
            "etcd_version",
            f"{settings.version} (package, on {_system(context)})",
            f"{fixed}, the version of the package",
            f"etcd_version: {fixed}, or etcd_install_method: archive",
        )
    if not re.fullmatch(r"[0-9]+[.][0-9]+[.][0-9]+([.+-][A-Za-z0-9.+-]+)?", settings.version):
        fix = "name the release that the archive or the folder holds"
        yield Refusal("etcd_version", settings.version, "a release such as 3.6.14, without a v in front", fix)
    if not (context.minor is None or context.minor == (2, 3) or context.minor >= (3, 4)):
        yield Refusal(
            "etcd_install_method" if settings.by_package else "etcd_version",
            f"{method} (etcd {context.minor_text} on {_system(context)})",
            "etcd 3.4 or newer, or 2.3",
            "etcd_install_method: archive, etcd_version: 3.6.14 (3.5.33 for flannel 0.17 and older)",
        )
    if context.is_etcd_2 and settings.flannel_version and not context.flannel_needs_v2:
        yield Refusal(
            "etcd_version",
            f"{context.minor_text} (with flannel {settings.flannel_version})",
            "etcd 3.4 or newer, because flannel 0.18 and newer speaks only the v3 API, which etcd 2 does not have",
            "flannel_version: 0.7.1 (or another one before 0.18), or etcd_version: 3.6.14",
        )


def _system(context: EtcdContext) -> str:
    return f"{context.platform['id']} {context.platform['version']}"


def archive_checks(context: EtcdContext) -> Refusals:
    settings = context.settings
    if has_user(settings.archive_url):
        yield user_in_url("etcd_archive_url", settings.archive_url)
        return
    if settings.install_method == "archive" and not context.archive.checksum:
        yield Refusal(
            "etcd_archive_checksum",
            "(empty)",
            f"the checksum of etcd {settings.version} for {context.platform['architecture']};"
            f" the role knows {', '.join(CHECKSUMS)}",
            "set it to sha256:... from the release's SHA256SUMS, or choose a version that the role knows",
        )
    if settings.archive_checksum and not re.fullmatch(r"sha256:[0-9a-f]{64}", settings.archive_checksum):
        yield Refusal(
            "etcd_archive_checksum",
            settings.archive_checksum,
            "sha256: and 64 hexadecimal digits in lower case",
            "copy it from the release's SHA256SUMS",
        )
    if settings.archive_url and not re.match(r"(https?|ftp|file)://", settings.archive_url):
        yield Refusal("etcd_archive_url", settings.archive_url, "a URL", "leave it out (the release on GitHub)")
    if settings.install_method == "file" and context.missing_sources:
        yield Refusal(
            "etcd_file_dir",
            f"{settings.file_dir or '(empty)'} (not on the controller: {', '.join(context.missing_sources)})",
            f"a folder on the controller with {', '.join(context.program_names)} of etcd {settings.version}",
            "copy the programs there",
        )


def flannel_checks(context: EtcdContext) -> Refusals:
    settings = context.settings
    version = settings.flannel_version
    if version and not re.match(r"v?[0-9]+[.][0-9]+", version):
        allowed = "a release such as 0.28.10, or nothing"
        yield Refusal("etcd_flannel_version", version, allowed, "name the release of flannel that reads this etcd")
    if context.needs_v2 and context.minor is not None and context.minor >= (3, 6):
        yield Refusal(
            "etcd_flannel_version" if context.flannel_needs_v2 else "etcd_enable_v2",
            f"{version if context.flannel_needs_v2 else settings.enable_v2} (with etcd {context.minor_text})",
            "etcd 2.3, 3.4 or 3.5, because flannel 0.17 and older speaks only the v2 API, which was removed in etcd 3.6",
            "flannel 0.18 or newer, or etcd_install_method: archive with etcd_version: 3.5.33",
        )


def tls_checks(context: EtcdContext) -> Refusals:
    settings = context.settings
    client = (settings.ca_cert, settings.cert, settings.key)
    peer = (settings.peer_ca_cert, settings.peer_cert, settings.peer_key)
    if bool(settings.cert) != bool(settings.key) or (settings.ca_cert and not settings.cert):
        yield Refusal(
            "etcd_ca_cert, etcd_cert, etcd_key",
            ", ".join(path or "(empty)" for path in client),
            "certificate and key together; an authority only with them",
            "set etcd_cert and etcd_key both, or none",
        )
    if any(peer) and not all(peer):
        yield Refusal(
            "etcd_peer_ca_cert, etcd_peer_cert, etcd_peer_key",
            ", ".join(path or "(empty)" for path in peer),
            "all three or none",
            "set all three, or none",
        )
    given = [] if settings.pki_dir else settings.tls_files
    missing = [path for path in given if not context.file(path).get("exists")]
    if missing:
        fix = "copy them to the host, readable by the user etcd, before the role runs"
        yield Refusal("etcd_*_cert, etcd_*_key", ", ".join(missing), "files on this host", fix)


def pki_checks(context: EtcdContext) -> Refusals:
    settings = context.settings
    if settings.pki_dir and not re.match("[/~]", settings.pki_dir):
        fix = "set it to the directory in which overlay.flannel.certificates has made the certificates"
        yield Refusal("etcd_pki_dir", settings.pki_dir, "an absolute path on the controller", fix)
    for path, name in etcd_pki.AUTHORITIES.items() if settings.pki_dir else ():
        text = context.controller.read(f"{settings.pki_dir}/{name}")
        if pki.is_foreign(context.facts, path, text):
            yield pki.foreign_authority("etcd_pki_dir", settings.pki_dir, path)
            break
    if not re.fullmatch(r"[a-z_][a-z0-9_-]{0,31}", settings.readers_group):
        yield Refusal(
            "etcd_readers_group", settings.readers_group, "the name of a group", "leave it out (etcd-readers)"
        )


def setting_checks(context: EtcdContext) -> Refusals:
    settings, names = context.settings.settings, context.settings.extra_names
    bad = [name for name in names if not re.fullmatch(r"ETCD_[A-Z][A-Z0-9_]*", name)]
    bad += [name for name in names if OWN_SETTINGS.fullmatch(name)]
    if bad or len(set(names)) != len(names):
        yield Refusal(
            "etcd_settings",
            ", ".join(map(str, settings)),
            "names of etcd's settings, each once, without those that the role sets"
            f" ({', '.join(bad) or 'a name is repeated'})",
            "remove these settings; the role has variables for them",
        )
    bad_values = [str(name) for name, value in settings.items() if re.search(r'["\\\n]', str(value))]
    if bad_values:
        allowed = "values without double quotes, backslashes and line breaks"
        yield Refusal("etcd_settings", ", ".join(bad_values), allowed, "change these values")
    experimental = [name for name in names if name.startswith("ETCD_EXPERIMENTAL_")]
    if experimental and context.minor is not None and context.minor >= NOTHING_EXPERIMENTAL:
        yield Refusal(
            "etcd_settings",
            ", ".join(experimental),
            f"settings that etcd {context.minor_text} has: it only warns of these, and goes on without them",
            "use the name without experimental-, or feature-gates (etcd --help lists both)",
        )


def vendor_flag_checks(context: EtcdContext, environment: str) -> Refusals:
    """etcd refuses a setting that it is given both as a flag and in its environment."""
    if not context.settings.by_package:
        return
    path = context.vendor.environment
    lines = re.findall(r"(?m)^\s*DAEMON_ARGS=(.*)$", context.content(path))
    flags = re.findall(r"(?:^|[\s\"'])--?([a-z][a-z0-9-]*)", " ".join(lines))
    written = set(re.findall(r"(?m)^(ETCD_[A-Z0-9_]+)=", environment))
    names = {flag: f"ETCD_{flag.upper().replace('-', '_')}" for flag in flags}
    clashing = [name for name in names.values() if name in written] + [flag for flag in names if flag == "config-file"]
    if clashing:
        yield Refusal(
            f"DAEMON_ARGS in {path}",
            " ".join(flags),
            f"no flag that is also in etcd's environment ({', '.join(clashing)}), because etcd does not start with both",
            "remove the flag; use etcd_settings for settings that the role does not set",
        )


def unit_and_data_checks(context: EtcdContext) -> Refusals:
    settings, vendor_data = context.settings, context.vendor.data
    if context.unit.get("load_state") == "masked":
        yield Refusal(UNIT, "masked", "a unit that can be started", f"systemctl unmask {UNIT}")
    if settings.data_dir == vendor_data or context.member["data"]:
        return
    if context.file(f"{vendor_data}/member").get("exists"):
        yield Refusal(
            "etcd_data_dir",
            settings.data_dir,
            f"the folder of the etcd that is already on this host, which has data in {vendor_data}",
            f"if the data is not needed: systemctl stop etcd, rm -r {vendor_data};"
            f" if it belongs to another cluster: use another host; to keep it: set etcd_data_dir to {vendor_data}",
        )


def identity_checks(context: EtcdContext) -> Refusals:
    """A member with data keeps its folder and its peer URL."""
    own, data_dir = context.member, context.settings.data_dir
    if not own["data"] and context.written_data_dir not in ("", data_dir):
        yield Refusal(
            "etcd_data_dir",
            data_dir,
            f"{context.written_data_dir}, which this member has had until now",
            f"systemctl stop etcd, mv {context.written_data_dir} {data_dir}; without data in it rm {ENVIRONMENT}",
        )
    alone = peer_scheme_changes(context) and not context.others and not can_move(context)
    if own["data"] and context.written_peer_urls and (alone or not is_same_place(context)):
        yield Refusal(
            "etcd_address, etcd_interface, etcd_peer_port, etcd_peer_cert",
            own["peer_url"],
            f"{context.written_peer_url}, by which the cluster knows this member",
            f"etcdctl member update ID --peer-urls={own['peer_url']}, write the same into ETCD_LISTEN_PEER_URLS"
            f" in {ENVIRONMENT}, systemctl restart etcd, one member after the other; then run again",
        )
