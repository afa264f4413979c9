#!/usr/bin/env bash
# Finding: a file in `vars_files` of a play is worked through again for every task and host, whether the task uses it or not.
#   ansible-core 2.19 and 2.21 even open it each time (63 times for 20 tasks on 3 hosts); 2.16 opens it once, but is slow too.
#   With 400 small variables the main process of such a run takes 3 to 6 times the processor time that it takes with the same
#   variables in a role's vars/main.yml.
# Wrong guess: the file is read once for a run, so the place where variables stand is a matter of taste.
# Versions: ansible-core 2.16.19, 2.19.14, 2.21.5.
# What to do: put large tables of variables into a role's vars/main.yml, group_vars or `include_vars`; keep vars_files for few.
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

mkdir -p callback_plugins table/vars table/tasks roles
cat >callback_plugins/counted.py <<'EOF'
import resource
import sys

from ansible.plugins.callback import CallbackBase

opened = []


def hook(event, args):
    if event == "open" and str(args[0]).endswith("/counted.yml"):
        opened.append(args[0])


class CallbackModule(CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "aggregate"
    CALLBACK_NAME = "counted"

    def v2_playbook_on_stats(self, stats):
        used = resource.getrusage(resource.RUSAGE_SELF)
        print("COUNTED %d %d" % (len(opened), 100 * (used.ru_utime + used.ru_stime)))


sys.addaudithook(hook)
EOF
sed -i '/^inventory/a callbacks_enabled = counted' ansible.cfg
for i in $(seq 400); do echo "net$i: {cidr: 10.5.$((i % 250)).0/24, ports: [1, 2, 3], note: some text of a usual length}"; done >counted.yml
for _ in $(seq 20); do printf -- '- debug: {msg: x}\n'; done >table/tasks/main.yml
cp counted.yml table/vars/other.yml && mv table/vars/other.yml table/vars/main.yml && mv table roles/table
play_of() { printf -- '- hosts: etcd\n  gather_facts: false\n%s\n' "$1"; }
tasks=$(sed 's/^/    /' roles/table/tasks/main.yml)
play_of "  vars_files: [counted.yml]
  tasks:
$tasks" >files.yml
play_of '  roles: [table]' >role.yml
for v in $versions; do
  play role.yml >/dev/null # compiles
  read -r _ opens files < <(play files.yml | grep COUNTED)
  read -r _ _ role < <(play role.yml | grep COUNTED)
  [ "$v" = 2.16.19 ] && reread=no || reread=yes
  echo "$v: opened $opens times in 60 runs of a task; main process $files against $role hundredths of a second"
  see "$v" 'opened for each task and host' "$([ "$opens" -ge 60 ] && echo yes || echo no)" "$reread"
  see "$v" 'at least twice the processor time' "$([ "$files" -ge $((2 * role)) ] && echo yes || echo no)" yes
done
exit $failed
