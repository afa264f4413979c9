#!/usr/bin/env bash
# Finding: flanneld's `-iface-regex` takes the first interface of the kernel's list (by index) in which the expression is found anywhere, in the name or in an
#   address, and looks only then whether it can be used: if that one has no IPv4 address, the next one that matches is not tried, and flanneld ends with 1. So
#   192.0.2.2 takes 192.0.2.20 where that interface is older, and a bridge port or veth that matches and is older stops the host.
# Wrong guess: the expression has to match the whole name or address; of those that match, one that has an address is taken.
# Versions: github.com/flannel-io/flannel v0.28.10, with etcd-server 3.4.23-4+b4 (Debian 12).
# Needs Go 1.26 or newer and gcc; with empty caches it compiles for some minutes.
# What to do: anchor the expression and escape its dots: `^192\.0\.2\.2$`, `^eth1$`; or give the expression twice, the exact one first; or use `-iface`.
# Runs etcd and flanneld in a network namespace that ends with this script. Needs root.
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
inside() { # lines of the script `inside`, in namespaces that end with this one
  unshare --net --pid --fork --kill-child --mount-proc bash inside >seen.out &
  namespaces=$!
  wait "$namespaces" || true
  namespaces=
  mapfile -t seen <seen.out
}

debian() { # PACKAGE=VERSION...: unpacked below $work/root, nothing is installed
  local apt=(-qq -o "Dir::State::Lists=$work/lists" -o "Dir::Cache=$work/cache" -o APT::Sandbox::User=root) deb
  mkdir -p lists/partial cache/archives/partial
  apt-get "${apt[@]}" update
  apt-get "${apt[@]}" download "$@" || { echo 'Debian 12 and its mirror are needed'; exit 2; }
  for deb in *.deb; do dpkg -x "$deb" root; done
}
built_flannel() { # VERSION: flanneld in $work; the SDK of a cloud in another version, that no backend here uses
  local cloud=github.com/tencentcloud/tencentcloud-sdk-go/tencentcloud
  mkdir flannel.module
  (
    cd flannel.module
    go mod init example.org/tools
    go mod edit -replace $cloud/vpc=$cloud/vpc@v1.0.1136 -replace $cloud/common=$cloud/common@v1.0.1139
    env GOFLAGS=-mod=mod go get -tool "github.com/flannel-io/flannel@v$1"
    env GOFLAGS=-mod=mod GOBIN="$work" nice go install tool
  ) >build.log 2>&1 || { cat build.log; exit 2; }
  mv flannel flanneld
  grep -o "flannel-io/flannel v.*" flannel.module/go.mod
}

debian etcd-client=3.4.23-4+b4 etcd-server=3.4.23-4+b4
built_flannel 0.28.10
cat >inside <<'EOS'
export PATH=$PWD/root/usr/bin:$PATH ETCDCTL_API=3
unset "${!FLANNELD_@}" HTTPS_PROXY https_proxy
ip link set lo up
ip link add eth1p type veth peer name port # one has no address
ip link add lan2 type veth peer name other2
ip link add eth1 type veth peer name other1
ip address add 192.0.2.20/24 dev lan2
ip address add 192.0.2.2/24 dev eth1
for one in eth1p port lan2 other2 eth1 other1; do ip link set $one up; done
etcd --data-dir data --logger zap --log-level error >etcd.log 2>&1 &
for _ in $(seq 100); do
  if etcdctl endpoint health >/dev/null 2>&1; then break; fi
  sleep 0.1
done
etcdctl put /coreos.com/network/config '{"Network": "10.5.0.0/16", "Backend": {"Type": "alloc"}}' >/dev/null
taken() { # OPTIONS...
  local flanneld i rc=0
  rm -f subnet.env
  ./flanneld -etcd-endpoints http://127.0.0.1:2379 -subnet-file "$PWD/subnet.env" "$@" >log 2>&1 &
  flanneld=$!
  for i in $(seq 100); do
    if [ -e subnet.env ] || ! kill -0 $flanneld 2>/dev/null; then break; fi
    sleep 0.1
  done
  kill $flanneld 2>/dev/null
  wait $flanneld || rc=$?
  sed -n 's/.*Using interface with name \([a-z0-9]*\) and address.*/takes \1/p; s/.*\(failed to find IPv4 address for interface [a-z0-9]*\).*/exit '$rc': \1/p' log
}
taken -iface-regex 'eth1$'
taken -iface-regex 192.0.2.2
taken -iface-regex eth1
taken -iface-regex '^192\.0\.2\.2$'
taken -iface-regex '^eth1$' -iface-regex eth1
EOS
inside
# shellcheck disable=SC2016
see 'eth1$, of eth1p and eth1' "${seen[0]-}" 'takes eth1'
see '192.0.2.2, of 192.0.2.20 and 192.0.2.2' "${seen[1]-}" 'takes lan2'
see 'eth1, of eth1p without an address and eth1' "${seen[2]-}" 'exit 1: failed to find IPv4 address for interface eth1p'
see 'the address as a whole' "${seen[3]-}" 'takes eth1'
see 'the exact name first' "${seen[4]-}" 'takes eth1'
exit $failed
