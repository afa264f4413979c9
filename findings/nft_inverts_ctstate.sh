#!/usr/bin/env bash
# Finding: `nft list ruleset` shows the rule `iptables -m conntrack ! --ctstate RELATED,ESTABLISHED,DNAT -j DROP` as
#   `ct status dnat ... drop`: the negation and the two states are gone. The kernel's rule is right and `iptables -S` shows it
#   right; but who saves the ruleset by nft and loads it again (as nftables.service does) gets the rule of the text: what was
#   dropped passes. And iptables refuses the chain from then on.
# Wrong guess: nft shows every rule that iptables-nft made in words that mean the same, so list and load is a safe backup.
# Versions: iptables 1.8.9-2, nftables 1.0.6-2+deb12u2 (Debian 12). The text is the same with iptables 1.8.13, nftables 1.1.7.
# What to do: judge and save rules of iptables-nft by iptables-save only; write DNAT as a rule of its own, not in one list with
#   states: `! --ctstate RELATED,ESTABLISHED` alone is shown as it is.
# Needs root: the rules are in a network namespace that ends with this script. Two connections to 127.0.0.1 in there.
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

debian iptables=1.8.9-2 nftables=1.0.6-2+deb12u2 libnftables1=1.0.6-2+deb12u2 libnftnl11=1.2.4-2 libjansson4=2.14-2 \
  libxtables12=1.8.9-2 libedit2=3.1-20221030-2
export LD_LIBRARY_PATH=$work/root/usr/lib/x86_64-linux-gnu XTABLES_LIBDIR=$work/root/usr/lib/x86_64-linux-gnu/xtables
export PATH=$work/root/usr/sbin:$PATH
cat >inside <<'EOF'
ip link set lo up
passes() { python3 - <<'PY'
import socket
taker = socket.create_server(("127.0.0.1", 0))
try:
    socket.create_connection(taker.getsockname(), timeout=1).close()
    print("a new connection passes")
except OSError:
    print("a new connection is dropped")
PY
}
iptables-nft -A INPUT -m conntrack ! --ctstate RELATED,ESTABLISHED,DNAT -j DROP
iptables-nft -S INPUT | tail -1
nft list chain ip filter INPUT 2>/dev/null | grep drop | sed 's/ counter packets [0-9]* bytes [0-9]*//; s/^[ \t]*//'
passes
nft list ruleset >saved 2>/dev/null
nft flush ruleset
nft -f saved
passes
iptables-nft -S INPUT 2>&1 | tail -1 | sed 's/.*\(incompatible\).*/iptables: \1/'
nft flush ruleset
iptables-nft -A INPUT -m conntrack ! --ctstate RELATED,ESTABLISHED -j DROP
nft list chain ip filter INPUT 2>/dev/null | grep drop | sed 's/ counter packets [0-9]* bytes [0-9]*//; s/^[ \t]*//'
EOF
iptables-nft -V
nft -v
mapfile -t seen < <(unshare --net bash inside)
see 'iptables -S' "${seen[0]-}" '-A INPUT -m conntrack ! --ctstate RELATED,ESTABLISHED,DNAT -j DROP'
see 'nft list' "${seen[1]-}" 'ct status dnat drop'
see 'with the rule' "${seen[2]-}" 'a new connection is dropped'
see 'after nft list and nft -f' "${seen[3]-}" 'a new connection passes'
see 'afterwards' "${seen[4]-}" 'iptables: incompatible'
see 'nft list, states without DNAT' "${seen[5]-}" 'ct state ! related,established drop'
exit $failed
