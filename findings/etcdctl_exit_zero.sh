#!/usr/bin/env bash
# Finding: etcdctl ends with 0 for a transaction whose condition did not hold (it prints FAILURE on standard output and has put nothing), and for a
#   subcommand that it does not know (`auth status` of 3.5 given to 3.4, a misspelt `endpoint helth`): then it prints its help. Revoking a lease that
#   is not there ends with 1, asking for its time to live with 0. And `endpoint status -w json` without an answer prints `[]` in 3.4, `null` in 3.6 and later.
# Wrong guess: a failure is an exit code, as in `if etcdctl txn <file; then`; an unknown command fails, so a check that a member knows it can be a call.
# Versions: etcd-client 3.4.23-4+b4 (Debian 12), go.etcd.io/etcd/etcdctl/v3 v3.6.14 and v3.7.3; 3.5.16 as 3.4 in all of it.
# Needs Go 1.26 or newer; with empty caches it compiles for a minute.
# What to do: read the first line of `txn`; take output on standard output that is not JSON (`-w json`) as a failure; read `json.loads(out) or []`.
# Runs one etcd on 127.0.0.1 of a network namespace that ends with this script. Needs root.
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
built() { # FOLDER PACKAGE@VERSION...: commands from the Go module proxy, in $work/FOLDER
  mkdir "$1.module"
  (
    cd "$1.module"
    export GOFLAGS=-mod=mod GOBIN=$work/$1 CGO_ENABLED=0
    go mod init example.org/tools
    go get -tool "${@:2}"
    nice go install tool
  ) >build.log 2>&1 || { cat build.log; exit 2; }
}

debian etcd-client=3.4.23-4+b4 etcd-server=3.4.23-4+b4
mkdir 3.4.23
mv root/usr/bin/etcdctl 3.4.23
for v in 3.6.14 3.7.3; do built "$v" "go.etcd.io/etcd/etcdctl/v3@v$v"; done
printf '%s\n' 'version("key") > "0"' '' 'put key value' '' '' '' >condition
cat >inside <<'EOS'
ip link set lo up
unset "${!ETCD@}"
root/usr/bin/etcd --data-dir data --logger zap --log-level error >etcd.log 2>&1 &
for _ in $(seq 100); do
  if ETCDCTL_API=3 3.4.23/etcdctl endpoint health >/dev/null 2>&1; then break; fi
  sleep 0.1
done
code() { local rc=0; "$@" >out 2>/dev/null || rc=$?; echo "exit $rc$(grep -m 1 -o 'FAILURE\|NAME:\|Usage:\|already expired\|^\[\]$\|^null$' out | sed 's/NAME:\|Usage:/its help/; s/^/, /')"; }
for v in 3.4.23 3.6.14 3.7.3; do
  ctl=$v/etcdctl
  [ $v != 3.4.23 ] || export ETCDCTL_API=3
  code $ctl txn <condition
  code $ctl endpoint helth
  code $ctl lease timetolive 1234
  code $ctl lease revoke 1234
  code $ctl --endpoints=127.0.0.1:9 --command-timeout=1s endpoint status -w json
  unset ETCDCTL_API
done
EOS
inside
i=0
for v in 3.4.23 3.6.14 3.7.3; do
  [ $v = 3.4.23 ] && nothing='[]' || nothing=null
  see "$v: a transaction that did nothing" "${seen[i]-}" 'exit 0, FAILURE'
  see "$v: an unknown subcommand" "${seen[i + 1]-}" 'exit 0, its help'
  see "$v: time to live of no lease" "${seen[i + 2]-}" 'exit 0, already expired'
  see "$v: revoking no lease" "${seen[i + 3]-}" 'exit 1'
  see "$v: status without an answer" "${seen[i + 4]-}" "exit 1, $nothing"
  i=$((i + 5))
done
exit $failed
