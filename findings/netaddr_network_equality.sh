#!/usr/bin/env bash
# Finding: two netaddr.IPNetwork are equal, and have one hash, if they mean the same network, whatever address of it they were written with:
#   10.5.34.1/24 == 10.5.34.2/24, also == IPRange of the whole network. So a set of the hosts' addresses with prefix lengths has one entry for all hosts of a
#   network, `list.index` finds another host's, and a test that two hosts got the same address says so of any two neighbours. Yet `<` and sorting tell them apart.
#   And 10.5.34.1/32 is not equal to the address 10.5.34.1.
# Wrong guess: like ipaddress.ip_interface of the standard library, which compares the address too; or like ip_network, which refuses host bits.
# Versions: netaddr 1.3.0 (and 0.10.1, 0.8.0), Python 3.9 or newer.
# What to do: compare `.ip` where an address is meant and `.cidr` where a network is; or read with ipaddress.
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

cat >try.py <<'PY'
import ipaddress
import sys

from netaddr import IPAddress, IPNetwork, IPRange

one, two = (IPNetwork("10.5.34.%d/24" % last) for last in (1, 2))
print(one == two)
print(len({one, two}))
print([one, two].index(two))
print(one < two, one.ip == two.ip)
print(one == IPRange("10.5.34.0", "10.5.34.255"))
print(IPNetwork("10.5.34.1/32") == IPAddress("10.5.34.1"))
print(ipaddress.ip_interface("10.5.34.1/24") == ipaddress.ip_interface("10.5.34.2/24"))
PY
for v in 1.3.0 0.10.1 0.8.0; do
  python3 -m venv "$v"
  nice "$v/bin/pip" -q --disable-pip-version-check install "netaddr==$v"
  mapfile -t seen < <("$v/bin/python" try.py)
  see "$v: 10.5.34.1/24 == 10.5.34.2/24" "${seen[0]-}" True
  see "$v: size of the set of both" "${seen[1]-}" 1
  see "$v: index of the second in the list of both" "${seen[2]-}" 0
  see "$v: the first < the second, equal .ip" "${seen[3]-}" 'True False'
  see "$v: equal to the range" "${seen[4]-}" True
  see "$v: a /32 equal to its address" "${seen[5]-}" False
  see "$v: the standard library's ip_interface" "${seen[6]-}" False
done
exit $failed
