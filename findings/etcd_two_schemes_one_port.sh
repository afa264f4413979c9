#!/usr/bin/env bash
# Finding: etcd 3.6 and 3.7 serve http and https, gRPC by both, on ONE client port, if --listen-client-urls names the address with both schemes. The peer
#   port does not: the same two URLs there end etcd with "address already in use". And 3.4 starts with both on the client port and answers HTTP by both,
#   but whether it answers gRPC by http is by chance anew at each start (0 to 8 of 16 starts seen), so a trial with `curl http://.../version`, or with one start, tells nothing.
# Wrong guess: a port has one scheme, so a move of clients from http to https needs a second port, or an outage; and client and peer URLs work alike.
# Versions: go.etcd.io/etcd v3.7.3 and v3.6.14, against etcd-server 3.4.23-4+b4 (Debian 12). 3.5.16 does as 3.6.
# Needs openssl, and Go 1.26 or newer; with empty caches it compiles for two minutes.
# What to do: from 3.5 on let members listen by both schemes on the client port while clients move; give peers, and 3.4, a second port in between.
# Runs each etcd on an address of a network namespace that ends with this script. Needs root.
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

debian etcd-client=3.4.23-4+b4 etcd-server=3.4.23-4+b4
for v in 3.6.14 3.7.3; do
  built "$v" "go.etcd.io/etcd/server/v3@v$v" "go.etcd.io/etcd/etcdctl/v3@v$v"
  mv "$v/server" "$v/etcd"
done
mkdir 3.4.23
mv root/usr/bin/etcd root/usr/bin/etcdctl 3.4.23
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout key.pem -out cert.pem -days 2 -subj /CN=etcd \
  -addext subjectAltName=IP:192.0.2.1 2>/dev/null
cat >inside <<'EOS'
ip link set lo up
ip address add 192.0.2.1/32 dev lo
unset "${!ETCD@}" HTTP_PROXY HTTPS_PROXY http_proxy https_proxy
[ "$1" != 3.4.23 ] || export ETCDCTL_API=3
at=192.0.2.1
start() { exec "$version/etcd" --data-dir "data-$1" --logger zap --log-level error --cert-file cert.pem --key-file key.pem --peer-cert-file cert.pem \
  --peer-key-file key.pem --advertise-client-urls http://$at:2379 --initial-advertise-peer-urls http://$at:2380 --initial-cluster default=http://$at:2380 "${@:2}" >"$1.log" 2>&1; }
grpc() { if "$version/etcdctl" --endpoints="$1://$at:2379" --cacert cert.pem --command-timeout 3s put key value >/dev/null 2>&1; then echo "$1: answers"; else echo "$1: no answer"; fi; }
http() { if curl -sf -m 3 --cacert cert.pem "$1://$at:2379/version" >/dev/null; then echo "$1: answers"; else echo "$1: no answer"; fi; }
version=$1
start client-"$1" --listen-client-urls http://$at:2379,https://$at:2379 --listen-peer-urls http://$at:2380 &
for _ in $(seq 100); do
  if [ "$(http https)" = 'https: answers' ]; then break; fi
  sleep 0.1
done
echo "$(http http), $(http https)"
kill %1
wait
plain=0 encrypted=0
for _ in $(seq 16); do
  start client-"$1" --listen-client-urls http://$at:2379,https://$at:2379 --listen-peer-urls http://$at:2380 &
  for _ in $(seq 100); do
    if [ "$(grpc https)" = 'https: answers' ]; then encrypted=$((encrypted + 1)); break; fi
  done
  if [ "$(grpc http)" = 'http: answers' ]; then plain=$((plain + 1)); fi
  kill %%
  wait
done
case $plain in
  16) echo "http: each of 16, https: $encrypted of 16" ;;
  *) echo "http: not each of 16, https: $encrypted of 16, http: $plain" ;;
esac
timeout 20 bash -c "$(declare -f start); at=$at version=$version; start peer-$1 --listen-client-urls http://$at:2379 --listen-peer-urls http://$at:2380,https://$at:2380" || true
grep -o 'address already in use' "peer-$1.log" | head -1
EOS
for v in 3.7.3 3.6.14 3.4.23; do
  inside "$v"
  see "$v: HTTP on one client port" "${seen[0]-}" 'http: answers, https: answers'
  [ $v = 3.4.23 ] && http="not each" || http=each
  see "$v: starts with gRPC on one client port" "${seen[1]%, http: *}" "http: $http of 16, https: 16 of 16"
  echo "$v: as counted: ${seen[1]-}"
  see "$v: two schemes on the peer port" "${seen[2]-}" 'address already in use'
done
exit $failed
