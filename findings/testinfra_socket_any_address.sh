#!/usr/bin/env bash
# Finding: testinfra's `host.socket("tcp://ADDRESS:PORT").is_listening` compares texts: a server on 0.0.0.0 is not "listening" on any of the host's addresses, while one on
#   `::` (as every Go program that was given only a port) is on all of them. So `assert not host.socket("tcp://192.0.2.1:2379").is_listening`, a test
#   that a port is closed to the network, passes for a port that is open to everybody.
# Wrong guess: it tells whether a connection to that address would be taken.
# Versions: pytest-testinfra 10.2.2, with the `ss` of the host (iproute2).
# What to do: to show that a port is open or closed, connect from where it matters; or look through `get_listening_sockets()` for the port, whatever the address.
# The servers listen in a network namespace that ends with this script. Needs root.
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

python3 -m venv tool
nice tool/bin/pip -q --disable-pip-version-check install pytest-testinfra==10.2.2
cat >asks.py <<'PY'
import socket
import sys

import testinfra

host = testinfra.get_host("local://")
kept = []
for family, address, port in ((socket.AF_INET, "0.0.0.0", 2379), (socket.AF_INET6, "::", 2380), (socket.AF_INET, "192.0.2.1", 2381)):
    kept.append(socket.socket(family))
    kept[-1].bind((address, port))
    kept[-1].listen()
for port in 2379, 2380, 2381:
    socket.create_connection(("192.0.2.1", port), timeout=5).close()
    print(host.socket("tcp://192.0.2.1:%d" % port).is_listening)
PY
printf '%s\n' 'ip link set lo up' 'ip address add 192.0.2.1/32 dev lo' 'tool/bin/python asks.py' >inside
tool/bin/pip --disable-pip-version-check list 2>/dev/null | grep testinfra
ss -V
mapfile -t seen < <(unshare --net --pid --fork --kill-child --mount-proc bash inside)
see 'tcp://192.0.2.1, server on 0.0.0.0, connects' "${seen[0]-}" False
see 'tcp://192.0.2.1, server on ::, connects' "${seen[1]-}" True
see 'tcp://192.0.2.1, server on 192.0.2.1, connects' "${seen[2]-}" True
exit $failed
