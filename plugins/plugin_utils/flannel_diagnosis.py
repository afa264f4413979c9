# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Why flanneld does not start, from its journal and from what etcd answered. No I/O.

Lines of level information are left out: flanneld logs its flags there, including the password.
"""

from __future__ import annotations

import re
import typing as t

from ansible_collections.overlay.flannel.plugins.module_utils.common.findings import escaped
from ansible_collections.overlay.flannel.plugins.module_utils.common.redaction import redact

LAST = 8  # lines of the journal
LEFT_OUT = re.compile(r"^I[0-9]{4} |^timed out$|no certificate provided")
LOG_PREFIX = re.compile(r"^[A-Z][0-9]{4} [0-9:.]+ +[0-9]+ [^ ]+[]] ")
URI_PREFIX = re.compile(r"^Status code was -1 and not .200.: ")
UNKNOWN = "unknown; a flanneld that waits for etcd is silent"


class Evidence(t.TypedDict, total=False):
    """`answers` are the messages of etcd's endpoints in their order, `unit` is flanneld.service as host_info returns it."""

    host: str
    reason: str
    timeout: int
    unit: t.Mapping[str, t.Any]
    endpoints: t.Sequence[str]
    answers: t.Sequence[str]
    prefix: str
    interface: str


def causes(evidence: Evidence) -> list[tuple[str, str]]:
    """Patterns of flanneld's log and of etcd's answers, and what they mean. The first that matches counts."""
    prefix = evidence["prefix"]
    return [
        (
            "flannel config not found|[Kk]ey not found",
            f"etcd has no network configuration at {prefix}/config (write it with the module overlay.flannel.network)",
        ),
        (
            "context deadline exceeded|connection refused|no route to host|i/o timeout|transport. Error while dialing",
            f"etcd does not answer at {', '.join(evidence['endpoints'])}",
        ),
        (
            "certificate|tls. |x509",
            "etcd and flannel do not accept each other's certificates"
            " (check flannel_etcd_ca_cert, flannel_etcd_client_cert, flannel_etcd_client_key)",
        ),
        (
            "permission denied|user name is empty|authentication failed|invalid user|invalid auth token",
            f"flannel_etcd_username or flannel_etcd_password is wrong, or the user may not write below {prefix}/",
        ),
        (
            "out of subnets",
            "every subnet of the network is leased"
            " (use a larger Network or a longer SubnetLen, or remove leases of hosts that are gone)",
        ),
        (
            "Failed to find (any valid )?interface",
            f"flannel_interface = {evidence['interface']} no longer exists",
        ),
        ("br_netfilter", "the kernel module br_netfilter is not loaded"),
        (
            "operation not supported",
            "this kernel cannot create the device of the backend (often a package such as linux-modules-extra is missing)",
        ),
        ("Failed to setup masq rules|iptables|nft", "the firewall rules could not be set"),
        (
            "incompatible addresses|MAC address",
            "an old device conflicts (delete it with ip link delete and its name, often flannel.1)",
        ),
        (
            "routing table already contains|leads the host.s own containers away",
            "a route on the host leads the host's own subnet elsewhere",
        ),
        ("invalid json|response is invalid", "this etcd does not serve the API v2 that flannel 0.17 and older need"),
    ]


def journal_end(lines: t.Iterable[str]) -> list[str]:
    """The last lines without level information, each once, without time and place."""
    found = [escaped(redact(LOG_PREFIX.sub("", line))) for line in lines if not LEFT_OUT.search(line)]
    return list(dict.fromkeys(found))[-LAST:]


def flannel_diagnosis(lines: t.Iterable[str], evidence: Evidence) -> str:
    words = journal_end(lines)
    answers = [escaped(URI_PREFIX.sub("", answer)) for answer in evidence["answers"]]
    etcd = [f"{endpoint}: {answer}" for endpoint, answer in zip(evidence["endpoints"], answers)]
    text = "\n".join([*words, *etcd])
    cause = next((meaning for pattern, meaning in causes(evidence) if re.search(pattern, text)), UNKNOWN)
    unit = evidence["unit"]
    return (
        f"{evidence['host']}: flannel is not ready after {evidence['timeout']} s: {escaped(evidence['reason'])}\n"
        f"(unit {unit.get('active_state', 'unknown')}, result {unit.get('result', 'unknown')}, {unit.get('restarts', 0)} restarts).\n"
        f"Likely cause: {cause}.\n"
        f"etcd: {'; '.join(etcd)}.\n"
        f"flanneld's journal ends with: {' | '.join(words)}\n"
    )
