# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Members of etcd change one after the other: one that is not healthy gets back what it had, and the others stay as they are."""

from __future__ import annotations

from fleet import Fleet

from playbooks import Playbooks

FILES = (
    "/usr/local/bin/etcd /usr/local/bin/etcdctl /etc/etcd/overlay.env /etc/systemd/system/etcd.service"
    " /etc/systemd/system/etcd.service.d/*"
)


def files(fleet: Fleet) -> dict[str, str]:
    """What each member would start with; a file that is not there is not in it."""
    command = f"sha256sum {FILES} 2>/dev/null; stat --format '%n %a %U' {FILES} 2>/dev/null; ls /var/lib/overlay-etcd"
    return {name: fleet[name].run(command).stdout for name in fleet.members}


def started(fleet: Fleet) -> dict[str, str]:
    """When the etcd of each member was started."""
    command = "systemctl show --property=ExecMainStartTimestampMonotonic etcd.service"
    return {name: fleet[name].check_output(command) for name in fleet.members}


def test_settings_with_which_etcd_does_not_start(fleet: Fleet, playbooks: Playbooks) -> None:
    there, when = files(fleet), started(fleet)
    run = playbooks.site(variables={"etcd_settings": {"quota-backend-bytes": "abc"}})
    assert run.rc != 0
    assert "The programs and settings of before are back: etcd is ready with them." in " ".join(run.output.split())
    assert 'invalid value \\"abc\\" for ETCD_QUOTA_BACKEND_BYTES' in run.output
    assert files(fleet) == there
    assert [fleet[name].run("systemctl is-active etcd").rc for name in fleet.members] == [0] * len(there)
    assert len(set(started(fleet).items()) - set(when.items())) == 1
