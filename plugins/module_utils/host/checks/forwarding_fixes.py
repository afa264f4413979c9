# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Commands that let packets of the overlay pass, by what manages the chain that drops them."""

from __future__ import annotations

from ansible_collections.overlay.flannel.plugins.module_utils.host.iptables.traversal import ACCEPT, Verdict

FLANNEL_FORWARD = "systemctl restart flanneld, which sets its rules again (flannel before 0.9.1 has none: iptables -w -P FORWARD ACCEPT)"
# docker0 is in no zone of a firewalld that came after docker, until docker starts anew.
FIREWALLD = (
    "firewall-cmd --permanent --zone=trusted --add-interface={0}; firewall-cmd --reload; systemctl restart docker."
    " overlay_firewall: managed does all of it"
)
UFW = "ufw route allow in on {0}; ufw route allow out on {0}"
FRONT_ENDS = (("ufw", UFW), ("FWD", FIREWALLD), ("FORWARD_", FIREWALLD))


def fix_of(program: str, drop: Verdict, device: str) -> str:
    """For packets of `device`. What front ends manage is changed by them."""
    for prefix, fix in FRONT_ENDS:
        if drop.chain.startswith(prefix):
            return fix.format(device)
    command = f"{program} -w -t {drop.table}"
    if drop.rule:
        return f"{command} -D {drop.rule[len('-A ') :]}"
    of_flannel = command.replace("ip6", "ip") == "iptables -w -t filter"
    return FLANNEL_FORWARD if of_flannel else f"{command} -P {drop.chain} {ACCEPT}"
