# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Attributes that every module states about itself."""

from __future__ import annotations


class ModuleDocFragment:
    # For modules that bring something into a state.
    STATE = r"""
options: {}
attributes:
  check_mode:
    description: Can run in C(check_mode) and return the changed status prediction without modifying the target.
    support: full
  diff_mode:
    description: Returns what has changed, or would change in C(check_mode), when in diff mode.
    support: full
  idempotent:
    description: When run twice in a row outside check mode with the same arguments, the second run changes nothing.
    support: full
  platform:
    description: Hosts on which the module can run.
    support: full
    platforms: posix
"""

    # For modules that only read.
    INFO = r"""
options: {}
attributes:
  check_mode:
    description: Can run in C(check_mode) and return the changed status prediction without modifying the target.
    support: full
    details: It only reads.
  diff_mode:
    description: Returns what has changed, or would change in C(check_mode), when in diff mode.
    support: N/A
    details: It only reads.
  idempotent:
    description: When run twice in a row outside check mode with the same arguments, the second run changes nothing.
    support: full
    details: It only reads.
  platform:
    description: Hosts on which the module can run.
    support: full
    platforms: posix
"""

    ACTIONGROUP_ETCD = r"""
options: {}
attributes:
  action_group:
    description: Use C(group/overlay.flannel.etcd) in C(module_defaults) to set the options of the connection once.
    support: full
    membership:
      - overlay.flannel.etcd
"""
