#!/usr/bin/env bash
# Finding: `systemd-analyze verify` ends with exit code 0 for a unit with a misspelt key, a key in the wrong section, an
#   unknown Type= and a time that cannot be read. It prints a line for each, on standard error, and they have no effect in the
#   unit. So as `validate:` of a template or as a check of CI it lets them all pass; a missing program does fail.
# Wrong guess: what it complains about makes it fail.
# Versions: systemd 252.39-1~deb12u2 (Debian 12).
# What to do: take any output as a failure: `test -z "$(systemd-analyze verify UNIT 2>&1)"`.
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
analyze() { LD_LIBRARY_PATH=root/usr/lib/x86_64-linux-gnu/systemd:root/lib/x86_64-linux-gnu/systemd root/usr/bin/systemd-analyze "$@"; }
analyze --version | head -1
mkdir units
verify() { # LINE OF [Service]: exit code and the number of lines about it
  local rc=0
  printf '[Unit]\nDescription=x\n[Service]\nExecStart=/bin/true\n%s\n' "$1" >units/overlay-try.service
  analyze verify "$work/units/overlay-try.service" >out 2>&1 || rc=$?
  echo "exit $rc, $(grep -c overlay-try out || true) lines"
}
see 'a right unit' "$(verify 'Restart=always')" 'exit 0, 0 lines'
see 'misspelt: Restrat=always' "$(verify 'Restrat=always')" 'exit 0, 1 lines'
see 'wrong section: StartLimitIntervalSec=0' "$(verify 'StartLimitIntervalSec=0')" 'exit 0, 1 lines'
see 'unknown: Type=notfy' "$(verify 'Type=notfy')" 'exit 0, 1 lines'
see 'not a time: RestartSec=5x' "$(verify 'RestartSec=5x')" 'exit 0, 1 lines'
see 'missing program' "$(verify 'ExecStartPre=/nowhere/flanneld' | sed 's/, .*//')" 'exit 1'
exit $failed
