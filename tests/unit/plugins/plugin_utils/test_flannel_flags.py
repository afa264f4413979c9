# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

import pytest

from ansible_collections.overlay.flannel.plugins.plugin_utils.flannel_flags import flag_problems


@pytest.mark.parametrize(
    ("options", "version"),
    [
        ({}, ""),
        ({"iptables-resync": 10, "iptables-forward-rules": False, "v": "2"}, "0.28.10"),
        ({"iptables-forward-rules": "true"}, "v0.11.0"),
        ({"ip-blackhole-route": True}, "0.27.1"),
        ({"subnet-lease-renew-margin": 60}, "0.7.1"),
        ({"healthz-ip": "127.0.0.1", "healthz-port": "8080"}, ""),
    ],
)
def test_flags_that_this_flannel_knows(options, version):
    assert flag_problems(options, version) == []


@pytest.mark.parametrize(
    ("options", "version", "seen", "fix"),
    [
        ({"ip-blackhole-route": True}, "0.27.0", "ip-blackhole-route = True", "remove it, or use 0.27.1"),
        ({"healthz-port": 1}, "0.7.1", "healthz-port = 1", "remove it, or use 0.8.0"),
        ({"iface": "eth1"}, "", "iface = eth1", "use flannel_interface"),
        ({"etcd-password": "secret"}, "", "etcd-password = ***", "use flannel_etcd_password"),
        ({"kube-subnet-mgr": True}, "", "kube-subnet-mgr = True", "remove it: leases are in etcd"),
        ({"iptables-resink": 1}, "", "iptables-resink = 1", "did you mean iptables-resync?"),
        ({"--v": 1}, "", "--v = 1", "did you mean v?"),
        ({"wholly-unknown": 1}, "", "wholly-unknown = 1", "remove it"),
        ({"v": "much"}, "", "v = much", "give v a whole number"),
        (
            {"iptables-forward-rules": "yes"},
            "",
            "iptables-forward-rules = yes",
            "give iptables-forward-rules true or false",
        ),
        ({"vmodule": "a\nb"}, "", "vmodule = a\nb", "give vmodule one line of text"),
    ],
)
def test_flags_that_cannot_work(options, version, seen, fix):
    (problem,) = flag_problems(options, version)
    assert problem.seen == "flannel_options: " + seen
    assert problem.fix.startswith(fix)
    assert problem.severity == "error"
