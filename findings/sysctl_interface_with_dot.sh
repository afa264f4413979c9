#!/usr/bin/env bash
# Finding: systemd-sysctl ends with 0 for a setting whose file is not there, so `systemctl restart systemd-sysctl` succeeds, and `-` before the name, which is there
#   to ignore errors, makes no difference. `sysctl -p` of the same file ends with 1. One name that is never there is `net.ipv4.conf.flannel.1.rp_filter`:
#   both read the dot of the interface as a separator; `flannel/1`, or slashes throughout, is what they take, and what `sysctl -a` prints.
# Wrong guess: a setting that was not set fails the unit or at least the command, as with `sysctl -p`; interfaces are written as they are called.
# Versions: systemd 252.39-1~deb12u2, procps 2:4.0.2-3 (Debian 12).
# What to do: write `net.ipv4.conf.flannel/1.rp_filter`; after a change read the value itself, not the state of the unit.
# Sets values in a network namespace that ends with this script. Needs root.
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

debian systemd=252.39-1~deb12u2 libsystemd-shared=252.39-1~deb12u2 procps=2:4.0.2-3 libproc2-0=2:4.0.2-3
cat >inside <<'EOS'
ip link add flannel.1 type veth peer name other
lib=root/usr/lib/x86_64-linux-gnu
value=/proc/sys/net/ipv4/conf/flannel.1/rp_filter
by() { # PROGRAM NAME: exit code, and whether the value is set
  local rc=0 set='not set'
  echo 0 >$value
  echo "$2 = 1" >file.conf
  case $1 in
    systemd-sysctl) LD_LIBRARY_PATH=$lib/systemd:root/lib/x86_64-linux-gnu/systemd root/lib/systemd/systemd-sysctl "$PWD/file.conf" >/dev/null 2>&1 || rc=$? ;;
    sysctl) LD_LIBRARY_PATH=$lib root/sbin/sysctl -p file.conf >/dev/null 2>&1 || rc=$? ;;
  esac
  [ "$(cat $value)" = 0 ] || set=set
  echo "exit $rc, $set"
}
for name in net.ipv4.conf.flannel.1.rp_filter net.ipv4.conf.flannel/1.rp_filter net/ipv4/conf/flannel.1/rp_filter; do
  by systemd-sysctl $name
  by sysctl $name
done
EOS
LD_LIBRARY_PATH=root/usr/lib/x86_64-linux-gnu root/sbin/sysctl --version
mapfile -t seen < <(unshare --net --pid --fork --kill-child --mount --mount-proc bash inside)
see 'conf.flannel.1.rp_filter, systemd-sysctl' "${seen[0]-}" 'exit 0, not set'
see 'conf.flannel.1.rp_filter, sysctl -p' "${seen[1]-}" 'exit 1, not set'
see 'conf.flannel/1.rp_filter, systemd-sysctl' "${seen[2]-}" 'exit 0, set'
see 'conf.flannel/1.rp_filter, sysctl -p' "${seen[3]-}" 'exit 0, set'
see 'conf/flannel.1/rp_filter, systemd-sysctl' "${seen[4]-}" 'exit 0, set'
see 'conf/flannel.1/rp_filter, sysctl -p' "${seen[5]-}" 'exit 0, set'
exit $failed
