#!/usr/bin/env bash
# Finding: testinfra reads an Ansible inventory once in a process, by its path. A host that the file has later is unknown: get_host() does not say so, but
#   connects by ssh to its bare name, without the address, user and key that the inventory gives; a host whose address has changed keeps the old one.
# Wrong guess: testinfra.get_host('ansible://NAME', ansible_inventory=FILE) looks into the file when it is called, or refuses a name that is not in it.
# Versions: pytest-testinfra 10.2.2, ansible-core 2.18.19.
# What to do: where a test makes its hosts anew, give each inventory a path of its own, or use an AnsibleRunner(FILE) of one's own: its get_host() reads anew.
# Needs Python 3.11 to 3.13 with venv. Connects to nothing.
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

python3 -m venv venv
venv/bin/pip -q install pytest-testinfra==10.2.2 ansible-core==2.18.19
cat >look.py <<'EOS'
import testinfra
from testinfra.utils.ansible_runner import AnsibleRunner

ONE = "one ansible_host=192.0.2.1\n"
TWO = "one ansible_host=192.0.2.9\ntwo ansible_host=192.0.2.2\n"


def write(text):
    with open("inventory", "w") as file:
        file.write(text)


def asked(name):
    variables = testinfra.get_host(f"ansible://{name}", ansible_inventory="inventory").ansible.get_variables()
    return variables.get("ansible_host", "no address")


write(ONE)
print(asked("one"))
write(TWO)
print(asked("one"), asked("two"))
runner = AnsibleRunner("inventory")
print(*(runner.get_variables(name).get("ansible_host", "no address") for name in ("one", "two")))
EOS
PATH=$work/venv/bin:$PATH venv/bin/python look.py >seen 2>log || { cat log; exit 2; }
mapfile -t seen <seen
see 'the first look' "${seen[0]:-}" '192.0.2.1'
see 'another address, and another host, in the same file' "${seen[1]:-}" '192.0.2.1 no address'
see 'a runner of its own' "${seen[2]:-}" '192.0.2.9 192.0.2.2'
exit $failed
