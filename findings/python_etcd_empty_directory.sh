#!/usr/bin/env bash
# Finding: python-etcd gives an empty directory as its own only child: `children` and `leaves` of a read of /network/subnets
#   without leases hold one entry, the directory itself, with value None. And after a recursive read `children` are the keys at
#   the bottom of the tree, not what lies directly in the directory.
# Wrong guess: an empty directory has no children, so `len(list(result.children))` counts leases.
# Versions: python-etcd 0.4.5, urllib3 2.8.0, dnspython 2.9.2; etcd 3.4.23-4+b4 with --enable-v2 (Debian 12).
# What to do: skip the entry whose key is that of the directory (`child.key != result.key`), or skip `child.dir`.
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
python3 -m venv venv
nice venv/bin/pip -q --disable-pip-version-check install python-etcd==0.4.5 urllib3==2.8.0 dnspython==2.9.2
cat >inside <<'EOF'
ip link set lo up
root/usr/bin/etcd --enable-v2 --data-dir data --logger zap --log-level error >etcd.log 2>&1 &
trap 'kill $!; wait $!' EXIT
for _ in $(seq 100); do
  if root/usr/bin/etcdctl endpoint health >/dev/null 2>&1; then break; fi
  sleep 0.1
done
venv/bin/python - <<'PY'
import etcd

client = etcd.Client(host="127.0.0.1", port=2379)


def names(**options):
    return " ".join("%s=%s" % (child.key, child.value) for child in client.read("/net", **options).children)


client.write("/net", None, dir=True)
print(names())
client.write("/net/config", "c")
client.write("/net/subnets/10.5.1.0-24", "l")
print(names())
print(names(recursive=True))
PY
EOF
venv/bin/pip --disable-pip-version-check list | grep python-etcd
mapfile -t seen < <(unshare --net bash inside)
see 'children of the empty /net' "${seen[0]-}" '/net=None'
see 'children of /net with a key and a directory' "${seen[1]-}" '/net/config=c /net/subnets=None'
see 'the same, read recursively' "${seen[2]-}" '/net/config=c /net/subnets/10.5.1.0-24=l'
exit $failed
