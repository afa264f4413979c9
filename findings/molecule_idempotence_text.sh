#!/usr/bin/env bash
# Finding: molecule's idempotence step is a search for `changed=` and a digit above 0 in what ansible-playbook printed. With an stdout callback
#   that prints no such recap (`ansible.builtin.minimal`, `oneline`; set for the project or by ANSIBLE_STDOUT_CALLBACK in CI), a playbook that changes
#   something in every run is "idempotent", exit code 0. And a debug message with `changed=1` in it fails a playbook that changes nothing.
# Wrong guess: molecule counts changed tasks by Ansible's statistics, so how the output looks is a matter of taste.
# Versions: molecule 26.10.0 with ansible-core 2.21.5.
# What to do: keep the default callback (with `result_format`) in molecule's runs; let a test that must fail prove the step once.
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

unset "${!ANSIBLE_@}" "${!MOLECULE_@}"
export LC_ALL=C.UTF-8 NO_COLOR=1 ANSIBLE_NOCOLOR=1 HOME=$work/home MOLECULE_EPHEMERAL_DIRECTORY=$work/ephemeral
export UV_CACHE_DIR=$work/cache UV_PYTHON_DOWNLOADS=never
python=
pyenv=${PYENV_ROOT:-/nowhere}
for p in python3.13 python3.12 "$pyenv"/versions/3.1[23].*/bin/python3; do
  if "$p" -c '' 2>/dev/null; then python=$p; break; fi
done
[ -n "$python" ] || { echo 'python3.12 or 3.13 is needed'; exit 2; }
"$python" -m venv tool
nice tool/bin/pip -q --disable-pip-version-check install uv==0.13.9
nice tool/bin/uv -q pip install --python tool/bin/python molecule==26.10.0 ansible-core==2.21.5
export PATH=$work/tool/bin:$PATH
mkdir -p home molecule/default
cd molecule/default
cat >molecule.yml <<'YML'
prerun: false
driver: {name: default}
platforms: [{name: one}]
provisioner:
  name: ansible
  inventory: {hosts: {all: {hosts: {one: {ansible_connection: local, ansible_python_interpreter: "{{ ansible_playbook_python }}"}}}}}
YML
printf -- '- hosts: localhost\n  gather_facts: false\n  tasks: []\n' | tee create.yml >destroy.yml
play() { printf -- '- hosts: all\n  gather_facts: false\n  tasks:\n    - %s\n' "$1" >"$work/molecule/default/converge.yml"; }
play 'command: "true"'
cd "$work"
nice molecule converge >converge.log 2>&1 || { cat converge.log; exit 2; }
step() { # CALLBACK: what the step says of the playbook
  local rc=0
  ANSIBLE_STDOUT_CALLBACK=$1 nice molecule idempotence >out 2>&1 || rc=$?
  echo "exit $rc$(grep -o 'Idempotence test failed' out | head -1 | sed 's/^/, /')"
}
pip show molecule | grep -i ^version
see 'a change in each run, default' "$(step ansible.builtin.default)" 'exit 1, Idempotence test failed'
see 'a change in each run, minimal' "$(step ansible.builtin.minimal)" 'exit 0'
see 'a change in each run, oneline' "$(step ansible.builtin.oneline)" 'exit 0'
play 'debug: {msg: "members changed=1"}'
see 'no change, a message with changed=1' "$(step ansible.builtin.default)" 'exit 1, Idempotence test failed'
exit $failed
