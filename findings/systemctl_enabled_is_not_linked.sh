#!/usr/bin/env bash
# Finding: `systemctl is-enabled` says "enabled" as soon as one link of the unit exists. If a new release of a unit file adds
#   `RequiredBy=docker.service` to [Install], is-enabled still says "enabled" although that link is missing, so whatever
#   enables a unit only if is-enabled says no (Ansible's `enabled: true`) never makes it. `systemctl enable` does make it,
#   but keeps links that the file no longer names; even a file without [Install] stays "enabled". `reenable` sets both right.
# Wrong guess: is-enabled compares the links with the unit file; enable makes the links what the file says.
# Versions: systemd 252.39-1~deb12u2 (Debian 12), by --root: nothing runs.
# What to do: after a change of [Install], run `systemctl reenable UNIT` once; do not rely on `enabled: true`.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
cd "$work"
failed=0
see() { # WHAT SEEN EXPECTED
  echo "$1: $2"
  [ "$2" = "$3" ] || { echo "  CHANGED, it was: $3"; failed=1; }
}

debian() { # PACKAGE=VERSION...: unpacked below $work/root, nothing is installed
  local apt=(-qq -o "Dir::State::Lists=$work/lists" -o "Dir::Cache=$work/cache" -o APT::Sandbox::User=root) deb
  mkdir -p lists/partial cache/archives/partial
  apt-get "${apt[@]}" update
  apt-get "${apt[@]}" download "$@" || { echo 'Debian 12 and its mirror are needed'; exit 2; }
  for deb in *.deb; do dpkg -x "$deb" root; done
}

debian systemd=252.39-1~deb12u2 libsystemd-shared=252.39-1~deb12u2
units=$work/tree/etc/systemd/system
mkdir -p "$units"
ctl() { LD_LIBRARY_PATH=root/usr/lib/x86_64-linux-gnu/systemd:root/lib/x86_64-linux-gnu/systemd root/bin/systemctl --root="$work/tree" "$@" 2>/dev/null || true; }
unit() { printf '%s\n' '[Service]' 'ExecStart=/bin/true' "$@" >"$units/flanneld.service"; }
links() { (cd "$units" && find . -type l -printf '%h\n' | sed 's|^\./||' | sort | paste -sd' '); }
ctl --version | head -1

unit '[Install]' WantedBy=multi-user.target
ctl enable flanneld
see 'links after enable' "$(links)" multi-user.target.wants
unit '[Install]' WantedBy=network-online.target RequiredBy=docker.service
see 'is-enabled, with another [Install]' "$(ctl is-enabled flanneld)" enabled
ctl enable flanneld
see 'links after enable again' "$(links)" 'docker.service.requires multi-user.target.wants network-online.target.wants'
ctl reenable flanneld
see 'links after reenable' "$(links)" 'docker.service.requires network-online.target.wants'
unit
see 'is-enabled, without [Install]' "$(ctl is-enabled flanneld)" enabled
exit $failed
