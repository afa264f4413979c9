#!/usr/bin/env bash
# Finding: docker0 keeps the address of a `--bip` that is given no more. Not only as long as the bridge is there: after `ip link delete docker0` dockerd makes
#   it anew with that address, from its own store in /var/lib/docker/network/files, though neither an argument nor daemon.json names it.
# Wrong guess: without --bip, and without the bridge, dockerd chooses a network from its default pools (172.17.0.0/16), as at its first start.
# Versions: Debian 12: docker.io 20.10.24+dfsg1-1+deb12u1+b6. (Seen with 26.1.5 of Debian 13, too.)
# What to do: on a host that leaves an overlay start dockerd once with --bip of the network that it shall have; it remembers that one afterwards.
# Runs dockerd in namespaces that end with this script. Needs root, Debian 12 on amd64 and its mirror.
set -euo pipefail
work=$(mktemp -d)
namespaces=
trap '[ -z "$namespaces" ] || kill -KILL "$namespaces"; rm -rf "$work"' EXIT
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

debian docker.io=20.10.24+dfsg1-1+deb12u1+b6 'containerd=1.6.20~ds1-1+deb12u3' runc=1.1.5+ds1-1+deb12u1 \
  libdevmapper1.02.1=2:1.02.185-2 iptables=1.8.9-2 libnftnl11=1.2.4-2 libxtables12=1.8.9-2
mkdir bin
for name in iptables iptables-save iptables-restore ip6tables ip6tables-save ip6tables-restore; do
  ln -s "$work/root/usr/sbin/xtables-nft-multi" "bin/$name"
done
cat >inside <<'EOS'
export LD_LIBRARY_PATH=$PWD/root/usr/lib/x86_64-linux-gnu:$PWD/root/lib/x86_64-linux-gnu XTABLES_LIBDIR=$PWD/root/usr/lib/x86_64-linux-gnu/xtables
export PATH=$PWD/bin:$PWD/root/usr/sbin:$PWD/root/usr/bin:$PATH
mount -t tmpfs none /run
ip link set lo up
address() { # ARGUMENTS...: what docker0 has while dockerd runs with them
  local started i
  dockerd --data-root "$PWD/data" --exec-root /run/docker --pidfile /run/docker.pid --host unix:///run/docker.sock --storage-driver vfs "$@" >>dockerd.log 2>&1 &
  started=$!
  for i in $(seq 150); do
    ! grep -q 'API listen on' dockerd.log || break
    sleep 0.2
  done
  ip -o -4 address show docker0 2>/dev/null | awk '{print $4}'
  kill "$started"
  wait "$started"
  : >dockerd.log
}
first=$(address)
given=$(address --bip=10.20.5.1/24)
ip link delete docker0
later=$(address)
ip link delete docker0
other=$(address --bip=172.17.0.1/16)
ip link delete docker0
printf '%s\n' "$first" "$given" "$later" "$other" "$(address)"
EOS
unshare --net --mount --pid --fork --kill-child --mount-proc bash inside >seen &
namespaces=$!
wait "$namespaces" || true
namespaces=
mapfile -t seen <seen
see 'first start' "${seen[0]:-}" 172.17.0.1/16
see 'with --bip=10.20.5.1/24' "${seen[1]:-}" 10.20.5.1/24
see 'without it, and docker0 deleted before' "${seen[2]:-}" 10.20.5.1/24
see 'with --bip=172.17.0.1/16' "${seen[3]:-}" 172.17.0.1/16
see 'without it, and docker0 deleted before' "${seen[4]:-}" 172.17.0.1/16
exit $failed
