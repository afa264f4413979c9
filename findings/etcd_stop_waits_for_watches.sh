#!/usr/bin/env bash
# Finding: a member of etcd that is told to stop (SIGTERM, systemctl stop) first closes its port for clients, then waits up to seven seconds (five plus two
#   election timeouts) for clients with an open watch, and only then moves its leadership away and ends. An idle watch is enough: it never ends by
#   itself, so every stop of a member that flanneld watches takes the whole time. Without a watch the same member ends within two seconds.
# Wrong guess: open watches are cancelled at the stop, and leadership is the first thing that a stopping leader gives away.
# Versions: go.etcd.io/etcd/server/v3 and etcdctl/v3 v3.7.3. (Seen with 3.5.35 and 3.6.14, too.)
# What to do: give a stop or a restart more than eight seconds before it is killed, and a rolling restart that time for each member.
# Runs one member on 127.0.0.1 of a network namespace that ends with this script. Needs root, and Go 1.26 or newer; it compiles for two minutes.
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

mkdir module
(
  cd module
  export GOFLAGS=-mod=mod GOBIN=$work/bin CGO_ENABLED=0
  go mod init example.org/tools
  go get -tool go.etcd.io/etcd/server/v3@v3.7.3 go.etcd.io/etcd/etcdctl/v3@v3.7.3
  nice go install tool
) >build.log 2>&1 || { cat build.log; exit 2; }
mv bin/server bin/etcd

cat >inside <<'EOS'
ip link set lo up
unset "${!ETCD@}" HTTP_PROXY http_proxy
export PATH=$PWD/bin:$PATH ETCDCTL_ENDPOINTS=http://127.0.0.1:2379
stopped() { # WATCHES: how long the stop takes, and whether the port is open two seconds after its begin
  etcd --data-dir=data >>etcd.log 2>&1 &
  member=$!
  until etcdctl endpoint health >/dev/null 2>&1; do sleep 0.2; done
  [ "$1" = 0 ] || { etcdctl watch key >/dev/null 2>&1 & sleep 1; }
  start=$(date +%s%N)
  kill -TERM "$member"
  sleep 2
  open=closed
  ! (: >/dev/tcp/127.0.0.1/2379) 2>/dev/null || open=open
  wait "$member" || true
  milliseconds=$((($(date +%s%N) - start) / 1000000))
  if [ "$milliseconds" -lt 3000 ]; then took="less than 3 s"; else took="$(((milliseconds + 500) / 1000)) s"; fi
  echo "$took, port $open"
}
stopped 0
stopped 1
EOS
unshare --net --mount --pid --fork --kill-child --mount-proc bash inside >seen.out &
namespaces=$!
wait "$namespaces" || true
namespaces=
mapfile -t seen <seen.out
see 'stop without a watch' "${seen[0]:-}" 'less than 3 s, port closed'
see 'stop with an idle watch' "${seen[1]:-}" '7 s, port closed'
exit $failed
