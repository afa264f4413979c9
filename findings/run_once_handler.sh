#!/usr/bin/env bash
# Finding: a task with `run_once: true` registers its result for every host of the play, "changed" included,
#   but the handler that it notifies runs on the first host only.
# Wrong guess: all hosts hold a changed result, so the handler runs on all of them.
# Versions: ansible-core 2.16.19, 2.19.14, 2.21.5.
# What to do: where one host writes for all (a key in etcd, say) and all must react, register the result and let a
#   second task without run_once, `changed_when: result is changed`, notify the handler.
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

cat >once.yml <<'EOF'
- hosts: etcd
  gather_facts: false
  tasks:
    - command: "true"
      run_once: true
      register: wrote
      notify: restart
    - debug:
        msg: "changed-for-{{ inventory_hostname }}"
      when: wrote is changed
  handlers:
    - name: restart
      debug:
        msg: "handler-on-{{ inventory_hostname }}"
EOF
cat >advice.yml <<'EOF'
- hosts: etcd
  gather_facts: false
  tasks:
    - command: "true"
      run_once: true
      register: wrote
    - debug:
      changed_when: wrote is changed
      notify: restart
  handlers:
    - name: restart
      debug:
        msg: "handler-on-{{ inventory_hostname }}"
EOF
marks() { grep -o "\"$1-[a-c]\"" | tr -d '"' | sort | paste -sd' '; }
for v in $versions; do
  out=$(play once.yml)
  see "$v" 'registered as changed' "$(marks changed-for <<<"$out")" 'changed-for-a changed-for-b changed-for-c'
  see "$v" 'handler notified by run_once' "$(marks handler-on <<<"$out")" 'handler-on-a'
  see "$v" 'handler notified by a second task' "$(play advice.yml | marks handler-on)" 'handler-on-a handler-on-b handler-on-c'
done
exit $failed
