#!/usr/bin/env bash
# Finding: while leadership moves from one healthy member to another, writes are dropped. One that was sent to the old leader fails at once with
#   "raft proposal dropped" (gRPC code Unknown, not Unavailable). One that was sent to another member gets no answer for seven seconds (five plus two
#   election timeouts), then "request timed out". Nobody tells that member that its proposal was dropped. No member was stopped, nothing was lost
#   on the network.
# Wrong guess: `move-leader`, which etcd also does by itself when a leader is stopped, takes a few milliseconds, so a write in that moment is a few
#   milliseconds late.
# Versions: go.etcd.io/etcd/server/v3 and etcdctl/v3 v3.7.3. (Seen with 3.5.35 and 3.6.14, too.)
# What to do: a client whose writes must not fail in a rolling restart gives each one more than seven seconds, and sends it again after either error.
# Runs three members on 127.0.0.1 of a network namespace that ends with this script. Needs root, python3, and Go 1.26 or newer; it compiles for two minutes.
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

cat >write.py <<'EOS'
"""Four writers on each member, while leadership moves; prints which answers there were."""
import base64, collections, http.client, json, subprocess, threading, time

MEMBERS = ["127.0.0.1:12379", "127.0.0.1:22379", "127.0.0.1:32379"]
answers, moving, ended = [], True, []

def write(member, key):
    body = json.dumps({"key": base64.b64encode(key.encode()).decode(), "value": "AA=="})
    connection = http.client.HTTPConnection(member, timeout=60)
    while moving:
        start = time.monotonic()
        connection.request("POST", "/v3/kv/put", body)
        answer = json.loads(connection.getresponse().read())
        seconds = time.monotonic() - start
        took = "at once" if seconds < 3 else "after 7 s" if 6.5 < seconds < 8 else f"after {seconds:.1f} s"
        answers.append((answer.get("message", "written").partition(", possibly")[0], took))
        time.sleep(0.002)
    ended.append(key)

def etcdctl(*words):
    done = subprocess.run(["etcdctl", *words], capture_output=True, text=True)
    return done.stdout if done.returncode == 0 else ""

writers = [threading.Thread(target=write, args=(member, f"{member}/{n}")) for member in MEMBERS for n in range(4)]
for writer in writers:
    writer.start()
moves = 0
while moves < 25:
    states = json.loads(etcdctl("--endpoints=" + ",".join(MEMBERS), "endpoint", "status", "-w", "json"))
    leader = states[0]["Status"]["leader"]
    endpoints = {state["Status"]["header"]["member_id"]: state["Endpoint"] for state in states}
    target = next(member for member in endpoints if member != leader)
    moves += bool(etcdctl("--endpoints=" + endpoints[leader], "move-leader", f"{target:x}"))
    time.sleep(0.3)
moving = False
for writer in writers:
    writer.join()
for (message, took), number in sorted(collections.Counter(answers).items()):
    if message != "written" or took != "at once":
        print(f"{message}, {took}")
EOS
cat >inside <<'EOS'
ip link set lo up
unset "${!ETCD@}" HTTP_PROXY http_proxy
export PATH=$PWD/bin:$PATH
cluster=one=http://127.0.0.1:12380,two=http://127.0.0.1:22380,three=http://127.0.0.1:32380
for member in one:1 two:2 three:3; do
  name=${member%:*} number=${member#*:}
  etcd --name="$name" --data-dir="$name" --listen-client-urls="http://127.0.0.1:${number}2379" --advertise-client-urls="http://127.0.0.1:${number}2379" \
    --listen-peer-urls="http://127.0.0.1:${number}2380" --initial-advertise-peer-urls="http://127.0.0.1:${number}2380" --initial-cluster=$cluster \
    >"$name.log" 2>&1 &
done
for number in 1 2 3; do
  until etcdctl --endpoints="http://127.0.0.1:${number}2379" endpoint health >/dev/null 2>&1; do sleep 0.2; done
done
timeout 200 python3 write.py
EOS
unshare --net --mount --pid --fork --kill-child --mount-proc bash inside >seen.out &
namespaces=$!
wait "$namespaces" || true
namespaces=
see 'answers other than written at once' "$(paste -sd '|' seen.out)" 'etcdserver: request timed out, after 7 s|raft proposal dropped, at once'
exit $failed
