#!/usr/bin/env bash
# Finding: etcdctl 3.6 sends its calls to an `http://` endpoint by the proxy in HTTPS_PROXY or https_proxy, although the endpoint is not https.
#   HTTP_PROXY and ALL_PROXY change nothing there. Where the proxy is away, it says "context deadline exceeded" after its time limit, not a word
#   of a proxy. Endpoints on loopback addresses are left out. etcdctl 3.4 asks no proxy in any of these cases, so an upgrade may break scripts.
# Wrong guess: http_proxy is for http:// and https_proxy for https://, as for curl; so a plain http etcd is safe from https_proxy.
# Versions: go.etcd.io/etcd/etcdctl/v3 v3.6.14, against etcd-client 3.4.23-4+b4 (Debian 12).
# Needs Go 1.24 or newer; with empty caches it compiles for a minute.
# What to do: give scripts and tasks NO_PROXY with the members' addresses, or clear both spellings: `env -u HTTPS_PROXY -u https_proxy etcdctl ...`.
# Runs one etcd on an address of a network namespace that ends with this script. Needs root.
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

debian etcd-client=3.4.23-4+b4 etcd-server=3.4.23-4+b4
mkdir module new
(
  cd module
  export GOFLAGS=-mod=mod GOBIN=$work/new CGO_ENABLED=0
  go mod init example.org/tools >/dev/null 2>&1
  go get -tool go.etcd.io/etcd/etcdctl/v3@v3.6.14 >/dev/null 2>&1
  nice go install tool
)
cat >inside <<'EOF'
ip link set lo up
ip address add 192.0.2.1/32 dev lo
export PATH=$PWD/root/usr/bin:$PATH
unset HTTP_PROXY HTTPS_PROXY ALL_PROXY NO_PROXY http_proxy https_proxy all_proxy no_proxy
url=http://192.0.2.1:2379
etcd --data-dir data --listen-client-urls $url,http://127.0.0.1:2379 --advertise-client-urls $url --logger zap --log-level error >etcd.log 2>&1 &
trap 'kill $!; wait $!' EXIT
for _ in $(seq 100); do
  if new/etcdctl --endpoints=$url endpoint health >/dev/null 2>&1; then break; fi
  sleep 0.1
done
dead=http://192.0.2.1:9 # nobody listens there
code() { local rc=0; "$@" --command-timeout=2s put key value >out 2>&1 || rc=$?; echo "exit $rc$(grep -o 'deadline exceeded' out | head -n 1 | sed 's/^/, /')$(grep -oi proxy out | head -n 1 | sed 's/^/, names the /')"; }
code new/etcdctl --endpoints=$url
for name in HTTP_PROXY http_proxy ALL_PROXY HTTPS_PROXY https_proxy; do code env $name=$dead new/etcdctl --endpoints=$url; done
code env HTTPS_PROXY=$dead new/etcdctl --endpoints=http://127.0.0.1:2379
code env HTTPS_PROXY=$dead NO_PROXY=192.0.2.1 new/etcdctl --endpoints=$url
code env ETCDCTL_API=3 HTTPS_PROXY=$dead etcdctl --endpoints=$url
EOF
root/usr/bin/etcdctl version
new/etcdctl version
mapfile -t seen < <(unshare --net bash inside)
see 'no proxy' "${seen[0]-}" 'exit 0'
see 'HTTP_PROXY' "${seen[1]-}" 'exit 0'
see 'http_proxy' "${seen[2]-}" 'exit 0'
see 'ALL_PROXY' "${seen[3]-}" 'exit 0'
see 'HTTPS_PROXY' "${seen[4]-}" 'exit 1, deadline exceeded'
see 'https_proxy' "${seen[5]-}" 'exit 1, deadline exceeded'
see 'HTTPS_PROXY, a loopback endpoint' "${seen[6]-}" 'exit 0'
see 'HTTPS_PROXY with NO_PROXY' "${seen[7]-}" 'exit 0'
see 'HTTPS_PROXY, etcdctl 3.4' "${seen[8]-}" 'exit 0'
exit $failed
