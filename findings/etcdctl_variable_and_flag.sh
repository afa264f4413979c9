#!/usr/bin/env bash
# Finding: etcdctl (API 3) ends with exit code 1 if a setting is given both by its variable and by its flag, even with equal
#   values: "conflicting environment variable". ETCDCTL_ENDPOINTS in a profile thus breaks every script that says --endpoints.
#   Commands that ask no server (`version`) do not notice.
# Wrong guess: the flag wins over the variable, as with most tools.
# Versions: etcd-client 3.4.23-4+b4 (Debian 12); 3.5.16 and 3.6.14 do the same.
# What to do: in scripts and tasks give settings one way only, and clear the other: `env -u ETCDCTL_ENDPOINTS etcdctl ...`.
# Runs one etcd on 127.0.0.1 of a network namespace that ends with this script. Needs root.
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
cat >inside <<'EOF'
ip link set lo up
export PATH=$PWD/root/usr/bin:$PATH
etcd --data-dir data --logger zap --log-level error >etcd.log 2>&1 &
trap 'kill $!; wait $!' EXIT
for _ in $(seq 100); do
  if etcdctl endpoint health >/dev/null 2>&1; then break; fi
  sleep 0.1
done
url=http://127.0.0.1:2379
code() { local rc=0; "$@" >out 2>&1 || rc=$?; echo "exit $rc$(grep -o 'conflicting environment variable' out | sed 's/^/, /' || true)"; }
code etcdctl --endpoints=$url put key value
code env ETCDCTL_ENDPOINTS=$url etcdctl get key
code env ETCDCTL_ENDPOINTS=$url etcdctl --endpoints=$url get key
code env ETCDCTL_ENDPOINTS=$url etcdctl --endpoints=$url version
EOF
root/usr/bin/etcdctl version
mapfile -t seen < <(unshare --net bash inside)
see 'flag' "${seen[0]-}" 'exit 0'
see 'variable' "${seen[1]-}" 'exit 0'
see 'both, equal' "${seen[2]-}" 'exit 1, conflicting environment variable'
see 'both, version' "${seen[3]-}" 'exit 0'
exit $failed
