#!/usr/bin/env bash
# Finding: etcd 3.6 serves http and https on one client port, gRPC by both, where --listen-client-urls has the same address with each scheme.
#   On the port for members the same is refused: "address already in use". etcd 3.4 starts with two schemes on a client port, too, and answers HTTP
#   requests by both, but gRPC, and so etcdctl, by https only. So clients of a running cluster can move to TLS one after the other with 3.6, not with 3.4.
# Wrong guess: two listeners cannot share an address, so the second scheme needs a second port; or, once it is known that they can: for members as well.
# Versions: go.etcd.io/etcd/{server,etcdctl}/v3 v3.6.14, and etcd-server, etcd-client 3.4.23-4+b4 (Debian 12).
# Needs Go 1.24 or newer; with empty caches it compiles for two minutes.
# What to do: for clients list both URLs during the move; for members use a second port and `etcdctl member update`. With 3.4 upgrade first.
# Runs one etcd after the other on loopback in a network namespace that ends with this script. Needs root.
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
  printf 'deb %s bookworm main\n' "$(mirror)" >sources.list
  apt+=(-o "Dir::Etc::SourceList=$work/sources.list" -o "Dir::Etc::SourceParts=/dev/null")
  apt-get "${apt[@]}" update
  apt-get "${apt[@]}" download "$@" || { echo 'a mirror of Debian 12 is needed'; exit 2; }
  for deb in *.deb; do dpkg -x "$deb" root; done
}

mirror() { # the one that this machine uses
  local found
  found=$(cat /etc/apt/sources.list /etc/apt/sources.list.d/* 2>/dev/null | sed -n 's/^URIs: *//p; s/^deb [^h]*\(http[^ ]*\).*/\1/p' | head -n 1)
  echo "${found:-http://deb.debian.org/debian}"
}

debian etcd-client=3.4.23-4+b4 etcd-server=3.4.23-4+b4
mkdir module new
(
  cd module
  export GOFLAGS=-mod=mod GOBIN=$work/new CGO_ENABLED=0
  go mod init example.org/tools >/dev/null 2>&1
  go get -tool go.etcd.io/etcd/server/v3@v3.6.14 go.etcd.io/etcd/etcdctl/v3@v3.6.14 >/dev/null 2>&1
  nice go install tool
)
mv new/server new/etcd
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout key -out cert -days 2 -subj /O=example -addext subjectAltName=IP:127.0.0.1 2>/dev/null
cat >inside <<'EOF'
ip link set lo up
unset HTTP_PROXY HTTPS_PROXY ALL_PROXY http_proxy https_proxy all_proxy
export ETCDCTL_API=3
say() { if "$@" >out 2>&1; then echo yes; else echo no; fi; }
for folder in new root/usr/bin; do
  client=127.0.0.1:2379 peer=http://127.0.0.1:2380
  own="--data-dir data --logger zap --initial-advertise-peer-urls $peer --initial-cluster default=$peer"
  $folder/etcd $own --listen-peer-urls $peer --listen-client-urls http://$client,https://$client --advertise-client-urls https://$client \
    --cert-file cert --key-file key >etcd.log 2>&1 &
  for _ in $(seq 100); do
    if $folder/etcdctl --cacert cert --endpoints=https://$client endpoint health >/dev/null 2>&1; then break; fi
    sleep 0.1
  done
  say $folder/etcdctl --cacert cert --endpoints=https://$client --command-timeout=3s put key value
  say $folder/etcdctl --endpoints=http://$client --command-timeout=3s get key
  say python3 -c "import urllib.request as r; assert b'etcdserver' in r.urlopen('http://$client/version', timeout=3).read()"
  kill $!
  wait $! 2>/dev/null
  rm -rf data
  timeout 10 $folder/etcd $own --listen-peer-urls $peer,https://127.0.0.1:2380 --listen-client-urls http://$client --advertise-client-urls http://$client \
    --peer-cert-file cert --peer-key-file key >etcd.log 2>&1
  grep -o 'address already in use' etcd.log | head -n 1
  rm -rf data
done
EOF
mapfile -t seen < <(unshare --net bash inside)
see '3.6.14: etcdctl by https' "${seen[0]-}" yes
see '3.6.14: etcdctl by http at the same port' "${seen[1]-}" yes
see '3.6.14: GET /version by http' "${seen[2]-}" yes
see '3.6.14: both at the port for members' "${seen[3]-}" 'address already in use'
see '3.4.23: etcdctl by https' "${seen[4]-}" yes
see '3.4.23: etcdctl by http at the same port' "${seen[5]-}" no
see '3.4.23: GET /version by http' "${seen[6]-}" yes
see '3.4.23: both at the port for members' "${seen[7]-}" 'address already in use'
exit $failed
