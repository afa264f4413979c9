#!/usr/bin/env bash
# Finding: a task that `when: false` skips costs a worker process for each host, as one that runs: the condition is looked at in
#   there. So a block of 20 tasks with a false `when`, on 3 hosts, forks 60 times; the same tasks behind one `include_tasks` with
#   that `when` fork 3 times. An `import_tasks` with it is no better than the block. A play whose templated `hosts:` is an
#   empty list forks never and ends with exit code 0 without a warning (while a literal `hosts: []` is an error).
# Wrong guess: conditions are looked at before the fork, so skipped tasks cost next to nothing.
# Versions: ansible-core 2.16.19, 2.19.14, 2.21.5.
# What to do: put long parts of a role that are mostly skipped into a file of their own and include it; or leave the play out.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
cd "$work"
failed=0
see() { # VERSION WHAT SEEN EXPECTED
  echo "$1: $2: $3"
  [ "$3" = "$4" ] || { echo "  CHANGED, it was: $4"; failed=1; }
}

# ansible-core in three versions, each in a virtual environment of its own
unset PYTHONDONTWRITEBYTECODE "${!ANSIBLE_@}"
export LC_ALL=C.UTF-8 ANSIBLE_NOCOLOR=1 ANSIBLE_CONFIG=$work/ansible.cfg ANSIBLE_HOME=$work/home
export UV_CACHE_DIR=$work/cache UV_PYTHON_DOWNLOADS=never
python=
for p in python3.12 "${PYENV_ROOT:-$HOME/.pyenv}"/versions/3.12.*/bin/python3.12; do
  if "$p" -c '' 2>/dev/null; then python=$p; break; fi
done
[ -n "$python" ] || { echo 'python3.12 is needed'; exit 2; }
"$python" -m venv tool
nice tool/bin/pip -q --disable-pip-version-check install uv==0.13.9
versions='2.16.19 2.19.14 2.21.5'
for v in $versions; do
  tool/bin/uv -q venv --python "$python" "$v"
  nice tool/bin/uv -q pip install --python "$v/bin/python" "ansible-core==$v" Jinja2==3.1.6 PyYAML==6.0.4
done
cat >ansible.cfg <<'EOF'
[defaults]
inventory = hosts
forks = 3
remote_tmp = WORK/tmp
EOF
sed -i "s|WORK|$work|" ansible.cfg
cat >hosts <<'EOF'
[etcd]
a
b
c
[all:vars]
ansible_connection=local
ansible_python_interpreter={{ ansible_playbook_python }}
EOF
play() { nice "$v/bin/ansible-playbook" "$@" 2>&1 || true; }

mkdir callback_plugins
cat >callback_plugins/forked.py <<'EOF'
import sys

from ansible.plugins.callback import CallbackBase

forks = []


def hook(event, args):
    if event == "os.fork":
        forks.append(event)


class CallbackModule(CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "forked"

    def v2_playbook_on_stats(self, stats):
        print("FORKS %d" % len(forks))


sys.addaudithook(hook)
EOF
sed -i '/^inventory/a callbacks_enabled = forked' ansible.cfg
for _ in $(seq 20); do printf -- '- debug: {msg: x}\n'; done >long.yml
head='- hosts: etcd
  gather_facts: false
  tasks:'
printf '%s\n' "$head" "$(sed 's/^/    /' long.yml)" >run.yml
printf '%s\n' "$head" '    - when: false' '      block:' "$(sed 's/^/        /' long.yml)" >block.yml
printf '%s\n' "$head" '    - import_tasks: long.yml' '      when: false' >import.yml
printf '%s\n' "$head" '    - include_tasks: long.yml' '      when: false' >include.yml
sed 's/hosts: etcd/hosts: "{{ [] }}"/' run.yml >nobody.yml
sed 's/hosts: etcd/hosts: []/' run.yml >literal.yml
forks() { play "$1" | grep -o 'FORKS [0-9]*' || true; }
for v in $versions; do
  see "$v" '20 tasks, 3 hosts, executed' "$(forks run.yml)" 'FORKS 60'
  see "$v" 'skipped by their block' "$(forks block.yml)" 'FORKS 60'
  see "$v" 'skipped by import_tasks' "$(forks import.yml)" 'FORKS 60'
  see "$v" 'skipped by include_tasks' "$(forks include.yml)" 'FORKS 3'
  see "$v" 'hosts: "{{ [] }}"' "$(forks nobody.yml)" 'FORKS 0'
  see "$v" 'hosts: []' "$(play literal.yml | grep -o 'Hosts list cannot be empty')" 'Hosts list cannot be empty'
done
exit $failed
