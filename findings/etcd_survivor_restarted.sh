#!/usr/bin/env bash
# Finding: the last member of a cluster that has lost its majority still hands out a snapshot (`etcdctl snapshot save`), and its status; but only until it is
#   started anew. Then its client port is open and answers nothing, for any time: not even what needs no majority. `member list` fails in both states by default.
# Wrong guess: a snapshot comes from the member's own file, so it is served as long as the process runs; and --wait-cluster-ready-timeout (default 5 s)
#   says that it waits five seconds for the others, and serves clients then.
# Versions: go.etcd.io/etcd/server/v3 and etcdctl/v3 v3.7.3. (Seen with 3.4.23, 3.5.16 and 3.6.14, too.)
# What to do: with a lost majority take the snapshot first, and restart nothing. A member that was started since then has to be started once on a copy of
#   its data with --force-new-cluster; the database of that copy is what it had.
# Runs three members on 127.0.0.1 of a network namespace that ends with this script. Needs root, curl, and Go 1.26 or newer; it compiles for two minutes.
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
export PATH=$PWD/bin:$PATH
cluster=one=http://127.0.0.1:12380,two=http://127.0.0.1:22380,three=http://127.0.0.1:32380
start() { # NAME NUMBER
  etcd --name="$1" --data-dir="$1" --listen-client-urls="http://127.0.0.1:${2}2379" --advertise-client-urls="http://127.0.0.1:${2}2379" \
    --listen-peer-urls="http://127.0.0.1:${2}2380" --initial-advertise-peer-urls="http://127.0.0.1:${2}2380" --initial-cluster=$cluster \
    >>"$1.log" 2>&1 &
}
ask() { # WORDS...: whether the first member answers
  if etcdctl --endpoints=http://127.0.0.1:12379 --command-timeout=5s "$@" >/dev/null 2>&1; then echo answers; else echo nothing; fi
}
state() {
  rm -f snapshot
  echo "status: $(ask endpoint status), snapshot: $(ask snapshot save snapshot), member list: $(ask member list)"
}
start one 1
survivor=$!
start two 2
others=$!
start three 3
others="$others $!"
for _ in $(seq 100); do [ "$(ask put key value)" = nothing ] || break; done
state
kill -KILL $others
until [ "$(ask get key)" = nothing ]; do sleep 0.2; done
state
kill -KILL "$survivor"
wait "$survivor"
start one 1
for _ in $(seq 150); do ! (: >/dev/tcp/127.0.0.1/12379) 2>/dev/null || break; sleep 0.2; done
sleep 15
state
EOS
unshare --net --mount --pid --fork --kill-child --mount-proc bash inside >seen.out &
namespaces=$!
wait "$namespaces" || true
namespaces=
mapfile -t seen <seen.out
see 'three members' "${seen[0]:-}" 'status: answers, snapshot: answers, member list: answers'
see 'one member, the others are gone' "${seen[1]:-}" 'status: answers, snapshot: answers, member list: nothing'
see 'the same, started anew 15 s ago' "${seen[2]:-}" 'status: nothing, snapshot: nothing, member list: nothing'
exit $failed
