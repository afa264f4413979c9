#!/usr/bin/env bash
# Finding: `meta: end_host` and `meta: end_play` end a host or play before its handlers: what the host's tasks have notified up to there is lost, with
#   exit code 0 and no word. The next run does not notify again, since nothing has changed then.
# Wrong guess: handlers run "at the end of the play", and these two only lead there early. The manual does not speak of handlers at these two.
# Versions: ansible-core 2.16.19, 2.19.14, 2.21.5.
# What to do: put `meta: flush_handlers` before each end_host and end_play, or skip the remaining tasks by a block with `when`.
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

site() { # TASK OF THE MIDDLE...: a change, that task, the rest
  cat <<'YML'
- hosts: etcd
  gather_facts: false
  tasks:
    - command: "true"
      notify: restart
YML
  printf '    %s\n' "$@"
  cat <<'YML'
    - debug:
        msg: "rest-on-{{ inventory_hostname }}"
  handlers:
    - name: restart
      debug:
        msg: "handler-on-{{ inventory_hostname }}"
YML
}
site '- meta: noop' >whole.yml
site '- meta: end_host' "  when: inventory_hostname == 'a'" >host.yml
site '- meta: end_play' >play.yml
site '- meta: flush_handlers' '- meta: end_host' "  when: inventory_hostname == 'a'" >advice.yml
marks() { grep -o "\"$1-[a-c]\"" | tr -d '"' | sort | paste -sd' '; }
for v in $versions; do
  see "$v" 'the whole play' "$(play whole.yml | marks handler-on)" 'handler-on-a handler-on-b handler-on-c'
  out=$(play host.yml)
  see "$v" 'rest of the tasks, a ended by end_host' "$(marks rest-on <<<"$out")" 'rest-on-b rest-on-c'
  see "$v" 'handlers, a ended by end_host' "$(marks handler-on <<<"$out")" 'handler-on-b handler-on-c'
  see "$v" 'handlers, all ended by end_play' "$(play play.yml | marks handler-on)" ''
  see "$v" 'exit code with end_host' "$(rc=0; "$v/bin/ansible-playbook" host.yml >/dev/null 2>&1 || rc=$?; echo $rc)" 0
  see "$v" 'handlers, flushed before end_host' "$(play advice.yml | marks handler-on)" 'handler-on-a handler-on-b handler-on-c'
done
exit $failed
