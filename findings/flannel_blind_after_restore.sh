#!/usr/bin/env bash
# Finding: after `etcdutl snapshot restore` a flanneld that went on running no longer sees what changes: new hosts get no route, gone ones keep theirs. It
#   reconnects, logs nothing, renews its lease and stays active. Its watch waits at a revision that the restored store, which starts again at the
#   snapshot's, reaches only after as many writes as were lost; with flannel's few writes that are days. The lease of a host that came after the snapshot is gone too.
#   With `--bump-revision 1000000000 --mark-compacted` it does read everything anew, but takes its own lease for one that was removed, and tries for minutes to
#   delete what it never made for it ("DelARP failed: All attempts fail"); all other changes wait behind that.
# Wrong guess: a client that reconnects continues with the store as it is; when etcd is healthy and flanneld active, the restore is done; with the two options, at the latest.
# Versions: github.com/flannel-io/flannel v0.28.10; go.etcd.io/etcd v3.7.3.
# Needs Go 1.26 or newer and gcc; with empty caches it compiles for some minutes; the rest takes four.
# What to do: restart every flanneld after a restore, with these options or without; a restart sees all at once, and keeps subnet and device.
# Runs etcd and flanneld in network namespaces that end with this script. Needs root.
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

debian iptables=1.8.9-2 libnftnl11=1.2.4-2 libxtables12=1.8.9-2
v=3.7.3
built etcd go.etcd.io/etcd/{server,etcdctl,etcdutl}/v3@v$v
built_flannel 0.28.10
mkdir bin
for name in iptables iptables-save iptables-restore ip6tables ip6tables-save ip6tables-restore; do
  ln -s "$work/root/usr/sbin/xtables-nft-multi" "bin/$name"
done
cat >inside <<'EOS'
export LD_LIBRARY_PATH=$PWD/root/usr/lib/x86_64-linux-gnu XTABLES_LIBDIR=$PWD/root/usr/lib/x86_64-linux-gnu/xtables
unset "${!FLANNELD_@}" "${!ETCD@}" HTTPS_PROXY https_proxy
export PATH=$PWD/bin:$PWD/etcd:$PATH ETCDCTL_ENDPOINTS=http://192.0.2.1:2379
mkdir "$1"
cd "$1"
ip link add up0 type veth peer name up1
ip address add 192.0.2.1/24 dev up0
for one in lo up0 up1; do ip link set $one up; done
waited() { # COMMAND...: whether it holds within the limit of seconds
  local i
  for i in $(seq $((10 * ${limit:-10}))); do
    if "$@" >/dev/null 2>&1; then return 0; fi
    sleep 0.1
  done
  return 1
}
serve() {
  server --data-dir "$1" --logger zap --log-level error --listen-client-urls $ETCDCTL_ENDPOINTS --advertise-client-urls $ETCDCTL_ENDPOINTS >>etcd.log 2>&1 &
  etcd=$!
  waited etcdctl endpoint health
}
lease() { # NUMBER: of another host
  etcdctl put "/coreos.com/network/subnets/10.5.$1.0-24" \
    '{"PublicIP": "192.0.2.'"$1"'", "BackendType": "vxlan", "BackendData": {"VNI": 1, "VtepMAC": "02:00:00:00:00:'"$1"'"}}' >/dev/null
}
route() { ip route show | grep -q "^10.5.$1.0/24 "; }
seen() { if waited route "$1"; then echo 'a route'; else echo 'no route'; fi; }
serve before
etcdctl put /coreos.com/network/config '{"Network": "10.5.0.0/16", "Backend": {"Type": "vxlan"}}' >/dev/null
start() {
  rm -f subnet.env
  ../flanneld -etcd-endpoints $ETCDCTL_ENDPOINTS -iface up0 -subnet-file "$PWD/subnet.env" >>flannel.log 2>&1 &
  flanneld=$!
  waited test -e subnet.env
}
start
lease 77
seen 77
etcdctl snapshot save snapshot >/dev/null 2>&1
for _ in $(seq 10); do lease 77; done # renewals
sleep 2
kill $etcd
wait $etcd
etcdutl snapshot restore snapshot --data-dir after "${@:2}" >restore.log 2>&1
echo restored >>flannel.log
serve after
case $1 in
  bumped)
    waited grep -q retry.go flannel.log
    lease 78
    seen 78
    limit=300 seen 78
    exit
    ;;
  restarted)
    kill $flanneld
    wait $flanneld
    start
    ;;
  plain) sleep 2 ;;
esac
lease 78
seen 78
for _ in $(seq 10); do lease 77; done # as many writes as were lost
lease 79
seen 79
seen 78
sed '1,/^restored$/d' flannel.log | grep -ci '^[WE].*\(watch\|revision\|compact\)'
if kill -0 $flanneld; then echo running; fi
EOS
etcd/etcdutl version | head -1
inside plain
see 'a new host before' "${seen[0]-}" 'a route'
see 'a new host after a plain restore' "${seen[1]-}" 'no route'
see 'the next one, after as many writes as were lost' "${seen[2]-}" 'a route'
see 'the first one then' "${seen[3]-}" 'no route'
see 'lines of the log about it' "${seen[4]-}" 0
see 'flanneld' "${seen[5]-}" running
inside bumped --bump-revision 1000000000 --mark-compacted
see 'with both options, a new host within 10 seconds' "${seen[1]-}" 'no route'
see 'with both options, within 300 seconds' "${seen[2]-}" 'a route'
inside restarted
see 'without them, flanneld restarted, within 10 seconds' "${seen[1]-}" 'a route'
exit $failed
