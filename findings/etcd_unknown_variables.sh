#!/usr/bin/env bash
# Finding: an `experimental-` setting that etcd 3.7 no longer knows ends etcd if it is a flag, but is ignored if it is a variable: one line of level
#   "warn" among the first, and etcd serves without it. ETCD_EXPERIMENTAL_INITIAL_CORRUPT_CHECK=true in an EnvironmentFile worked in 3.5 and 3.6, and after the
#   upgrade members join again without checking their data. A misspelt variable goes the same way in both.
# Wrong guess: flags and variables are two ways of one setting, so a release that refuses the one refuses the other; a unit that starts has its settings.
# Versions: go.etcd.io/etcd/server/v3 v3.7.3, against v3.6.14.
# Needs curl, and Go 1.26 or newer; with empty caches it compiles for two minutes.
# What to do: before an upgrade look for ETCD_EXPERIMENTAL_ in the units' environment; after a start look for "unrecognized environment variable" in the log.
# Runs each etcd on 127.0.0.1 of a network namespace that ends with this script. Needs root.
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
inside() { # ARGUMENTS...: lines of the script `inside`, in namespaces that end with this one
  unshare --net --pid --fork --kill-child --mount-proc bash inside "$@" >seen.out &
  namespaces=$!
  wait "$namespaces" || true
  namespaces=
  mapfile -t seen <seen.out
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

for v in 3.6.14 3.7.3; do built "$v" "go.etcd.io/etcd/server/v3@v$v"; done
cat >inside <<'EOS'
ip link set lo up
unset "${!ETCD@}" HTTP_PROXY http_proxy
seen() { # whether it serves, with that check or without
  local setting=() flag=()
  case $1 in
    ETCD_*) setting=("$1") ;;
    *) flag=("$1") ;;
  esac
  rm -rf data
  timeout 20 env "${setting[@]}" "$version/server" --data-dir data --logger zap "${flag[@]}" >log 2>&1 &
  for _ in $(seq 100); do
    if curl -sf -m 2 http://127.0.0.1:2379/health >/dev/null || ! kill -0 $! 2>/dev/null; then break; fi
    sleep 0.1
  done
  state=$(curl -sf -m 2 http://127.0.0.1:2379/metrics | sed -n 's/^etcd_server_feature_enabled{name="InitialCorruptCheck".*} //p')
  kill $! 2>/dev/null
  wait $! && rc=0 || rc=$?
  case $state in
    1) echo "serves, with the check$(warned)" ;;
    0) echo "serves, without the check$(warned)" ;;
    *) echo "exit $rc: $(grep -o 'flag provided but not defined' log | head -1)" ;;
  esac
}
warned() { grep -o '"level":"warn".*unrecognized environment variable' log | head -1 | sed 's/.*u/, a warning: u/'; }
version=$1
seen ETCD_EXPERIMENTAL_INITIAL_CORRUPT_CHECK=true
seen --experimental-initial-corrupt-check=true
seen ETCD_FEATURE_GATES=InitialCorruptCheck=true
seen ETCD_FEATURES_GATE=InitialCorruptCheck=true
EOS
gone=', a warning: unrecognized environment variable'
inside 3.6.14
see '3.6.14, variable' "${seen[0]-}" 'serves, with the check'
see '3.6.14, flag' "${seen[1]-}" 'serves, with the check'
see '3.6.14, the new name' "${seen[2]-}" 'serves, with the check'
see '3.6.14, the new name misspelt' "${seen[3]-}" "serves, without the check$gone"
inside 3.7.3
see '3.7.3, variable' "${seen[0]-}" "serves, without the check$gone"
see '3.7.3, flag' "${seen[1]-}" 'exit 2: flag provided but not defined'
see '3.7.3, the new name' "${seen[2]-}" 'serves, with the check'
see '3.7.3, the new name misspelt' "${seen[3]-}" "serves, without the check$gone"
exit $failed
