# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Our verdict on network configurations is flannel's: verdict, reason and values.

Not compared, because flannel neither logs nor returns them: MTU, udp's Port, wireguard's numbers, ipsec's PSK, and of
extension the commands after the first, which fails in its cell. That flannel takes or refuses their types is compared.
"""

from __future__ import annotations

import collections
import re

import flannel
from conftest import COUNT, SEED
from networks import network_text
from texts import many

from ansible_collections.overlay.flannel.plugins.module_utils.flannel.config import check
from ansible_collections.overlay.flannel.plugins.module_utils.flannel.config_types import NetworkError

PANIC = "flanneld panics: "
FAILED = "failed to run command: "
LOGGED = {
    "vxlan": "VXLAN config: VNI={VNI} Port={Port} GBP={GBP} Learning={Learning} DirectRouting={DirectRouting}\n",
    "ipip": "IPIP config: DirectRouting={DirectRouting}\n",
    "ipsec": "IPSec config: UDPEncap={UDPEncap} ESPProposal={ESPProposal}\n",
    "tencent-vpc": "Unmarshal Configure : {{{AccessKeyID} {AccessKeySecret}}}\n",
}


def ours(text, version):
    """Reason and key, or values."""
    try:
        return None, "", check(text, version).to_dict()
    except NetworkError as error:
        return flannel.readable(error.details["reason"]), error.details["key"], None


def disagreement(text, version, theirs):
    reason, key, values = ours(text, version)
    if key == "Backend.PostStartupCommand" and theirs.get("stopped", "").startswith(FAILED):
        return None  # the command before it has failed
    if theirs["verdict"] == "ok":
        return None if values and same_values(values, theirs) else f"values {values}, reason {reason}"
    if reason is None:
        return f"taken as {values}"
    if theirs["verdict"] == "panic":
        same = reason.startswith(PANIC) and reason[len(PANIC) :] in theirs["reason"]
    else:
        same = reason == theirs["reason"].partition(" psk: ")[0].replace("parse psk", "parse psk") + psk(
            theirs["reason"]
        )
    return None if same else f"refused with {reason}"


def psk(reason):
    """Why a key is no key is told by flannel only: the place of the wrong byte."""
    return " psk" if " psk: " in reason else ""


def same_values(values, theirs):
    backend = values.pop("Backend")
    if {**values, "BackendType": backend["Type"]} != theirs["config"]:
        return False
    if backend["Type"] in LOGGED:
        return logged(backend) == theirs["log"]
    command = backend.get("PreStartupCommand") or backend.get("PostStartupCommand")
    return not command or theirs["stopped"].startswith(f"{FAILED}{command} Err: ")


def logged(backend):
    shown = {name: str(value).lower() if isinstance(value, bool) else value for name, value in backend.items()}
    return LOGGED[backend["Type"]].format_map(shown)


def test_networks(ask, tell, version):
    texts = many(network_text, SEED, COUNT)
    answers = ask("network", [(text,) for text in texts])
    assert len(answers) == len(texts)
    wrong = [
        f"{text[:400]!r}\n  flannel: {theirs}\n  ours: {found}"
        for text, theirs in zip(texts, answers)
        for found in [disagreement(text, version, theirs)]
        if found
    ]
    verdicts = collections.Counter(answer["verdict"] for answer in answers)
    reasons = {
        re.sub(r"[^a-z ]|'.*'|\b(number|string|object|array|bool)\b", "", a.get("reason", "").lower()) for a in answers
    }
    tell(
        f"flannel {version}: {len(texts)} networks, {dict(verdicts)}, {len(reasons)} kinds of reasons, {len(wrong)} disagreements"
    )
    assert not wrong, f"{len(wrong)} disagreements:\n" + "\n".join(wrong[:10])
    assert min(verdicts["ok"], verdicts["error"]) > COUNT // 4 and len(reasons) > 100
