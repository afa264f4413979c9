#!/usr/bin/env bash
# Finding: flannel's `EnableNFTables: true` is not its iptables rules in another language. (1) flanneld looks every `--iptables-resync` seconds whether its
#   iptables rules are there and makes them again; a deleted table `flannel-ipv4` (`flush ruleset`, as a reload of nftables.service does) stays away until
#   flanneld restarts. (2) The fourth rule returns all that goes into the Network from outside of the host's subnet, so the last one never matches: what a
#   neighbour sends through the host into the overlay keeps its source, and the answer finds no way back. With iptables it is masqueraded.
# Wrong guess: the same rules, looked after the same way; so a host may change to nftables, and reload its own ruleset, without a restart of flanneld.
# Versions: github.com/flannel-io/flannel v0.28.10 with iptables 1.8.9-2, nftables 1.0.6-2+deb12u2, etcd-server 3.4.23-4+b4 (Debian 12).
# Needs Go 1.26 or newer and gcc; with empty caches it compiles for some minutes.
# What to do: restart flanneld after each `flush ruleset`; masquerade what neighbours send by a rule of your own.
# Runs flanneld, its peer and a neighbour in network namespaces that end with this script. Needs root.
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

debian iptables=1.8.9-2 nftables=1.0.6-2+deb12u2 libnftables1=1.0.6-2+deb12u2 libnftnl11=1.2.4-2 libjansson4=2.14-2 libxtables12=1.8.9-2 \
  libedit2=3.1-20221030-2 etcd-client=3.4.23-4+b4 etcd-server=3.4.23-4+b4
built_flannel 0.28.10
mkdir bin
for name in iptables iptables-save iptables-restore ip6tables ip6tables-save ip6tables-restore; do
  ln -s "$work/root/usr/sbin/xtables-nft-multi" "bin/$name"
done
cat >sends.py <<'PY'
import socket
import time

out = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for _ in range(20):
    out.sendto(b"x", ("10.5.77.0", 9999))
    time.sleep(0.1)
PY
cat >receives.py <<'PY'
import socket

taker = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
taker.bind(("10.5.77.0", 9999))
taker.settimeout(10)
print(taker.recvfrom(1)[1][0])
PY
cat >inside <<'EOS'
export LD_LIBRARY_PATH=$PWD/root/usr/lib/x86_64-linux-gnu XTABLES_LIBDIR=$PWD/root/usr/lib/x86_64-linux-gnu/xtables
export PATH=$PWD/bin:$PWD/root/usr/sbin:$PWD/root/usr/bin:$PATH ETCDCTL_API=3 ETCDCTL_ENDPOINTS=http://192.0.2.1:2379
unset "${!FLANNELD_@}" HTTPS_PROXY https_proxy
unshare --net sleep 600 &
peer=$!
unshare --net sleep 600 &
neighbour=$!
in_peer() { nsenter -t $peer -n "$@"; }
in_neighbour() { nsenter -t $neighbour -n "$@"; }
sleep 1
ip link add up0 type veth peer name up1
ip link add lan0 type veth peer name lan1
ip link set up1 netns $peer
ip link set lan1 netns $neighbour
ip address add 192.0.2.1/24 dev up0
ip address add 198.51.100.1/24 dev lan0
for one in lo up0 lan0; do ip link set $one up; done
in_neighbour ip address add 198.51.100.2/24 dev lan1
in_neighbour ip link set lan1 up
in_neighbour ip route add default via 198.51.100.1
in_peer ip address add 192.0.2.2/24 dev up1
in_peer ip link set up1 up
in_peer ip link add flannel.1 address 02:00:00:00:00:02 type vxlan id 1 local 192.0.2.2 dev up1 dstport 8472 nolearning
in_peer ip address add 10.5.77.0/32 dev flannel.1
in_peer ip link set flannel.1 up
in_peer ip route add default dev flannel.1
echo 1 >/proc/sys/net/ipv4/ip_forward
etcd --data-dir data --logger zap --log-level error --listen-client-urls http://192.0.2.1:2379 --advertise-client-urls http://192.0.2.1:2379 >etcd.log 2>&1 &
for _ in $(seq 100); do
  if etcdctl endpoint health >/dev/null 2>&1; then break; fi
  sleep 0.1
done
waited() { # COMMAND...: whether it holds within 10 seconds
  local i
  for i in $(seq 100); do
    if "$@" >/dev/null 2>&1; then return 0; fi
    sleep 0.1
  done
  return 1
}
start() { # true or false for nftables
  etcdctl put /coreos.com/network/config '{"Network": "10.5.0.0/16", "EnableNFTables": '"$1"', "Backend": {"Type": "vxlan"}}' >/dev/null
  rm -f subnet.env
  ./flanneld -etcd-endpoints $ETCDCTL_ENDPOINTS -iface up0 -ip-masq -iptables-resync 1 -subnet-file "$PWD/subnet.env" >>flannel.log 2>&1 &
  flanneld=$!
  waited test -e subnet.env
}
source_of() { # what the peer sees of a datagram of the neighbour
  in_neighbour python3 sends.py &
  in_peer python3 receives.py | sed "s/^${1%.1}\.0$/masqueraded: the host's address in the overlay/; s/^198.51.100.2$/the neighbour's own address/"
  wait $!
}
subnet() { sed -n 's|^FLANNEL_SUBNET=\(.*\)/24|\1|p' subnet.env; }
etcdctl put /coreos.com/network/subnets/10.5.77.0-24 \
  '{"PublicIP": "192.0.2.2", "BackendType": "vxlan", "BackendData": {"VNI": 1, "VtepMAC": "02:00:00:00:00:02"}}' >/dev/null
start false
waited iptables -t nat -C POSTROUTING -m comment --comment 'flanneld masq' -j FLANNEL-POSTRTG
source_of "$(subnet)"
nft flush ruleset
if waited iptables -t nat -C POSTROUTING -m comment --comment 'flanneld masq' -j FLANNEL-POSTRTG; then echo 'made again'; else echo 'stays away'; fi
kill $flanneld
wait $flanneld
nft flush ruleset
start true
waited nft list chain ip flannel-ipv4 postrtg
nft list chain ip flannel-ipv4 postrtg | sed -n 's/^[ \t]*//; /^ip saddr.*10.5.0.0/p' | sed "s|$(subnet | sed 's/1$/0/')/24|SUBNET|; s|10.5.0.0/16|NETWORK|g" | tail -3 | paste -sd'|'
source_of "$(subnet)"
nft flush ruleset
if waited nft list table ip flannel-ipv4; then echo 'made again'; else echo 'stays away'; fi
EOS
iptables-nft -V 2>/dev/null || true
inside
see 'iptables, source of a neighbour behind the host' "${seen[0]-}" "masqueraded: the host's address in the overlay"
see 'iptables, rules after flush ruleset' "${seen[1]-}" 'made again'
see 'nftables, source of a neighbour behind the host' "${seen[3]-}" "the neighbour's own address"
see 'nftables, table after flush ruleset' "${seen[4]-}" 'stays away'
echo "nftables, last three rules: ${seen[2]-}"
exit $failed
