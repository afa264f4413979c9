#!/usr/bin/env bash
# Finding: from ansible-core 2.19 on every worker is a session and process group of its own. When a CI system or a test ends a
#   run by SIGKILL of its process group, the task that is running goes on to its end and still changes the host; in 2.16 it ends.
#   (SIGTERM or SIGINT to the group end it in all three, for the main process then ends its workers.)
# Wrong guess: kill -9 of the process group ends ansible-playbook with all its workers and what they run locally.
# Versions: ansible-core 2.16.19, 2.19.14, 2.21.5.
# What to do: end a run by SIGTERM and wait; where only SIGKILL is left, end it by cgroup (systemd unit, container), or wait
#   until no worker is left before the next run starts.
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

cat >site.yml <<'EOF'
- hosts: a
  gather_facts: false
  tasks:
    - shell: echo begun > begun; sleep 5; echo finished > finished
      args: {chdir: "{{ playbook_dir }}"}
EOF
trap '[ ! -e pid ] || kill -TERM -- "-$(cat pid)" 2>/dev/null || true; rm -rf "$work"' EXIT
waited() { # FILE SECONDS: whether it came
  local i
  for ((i = 0; i < $2 * 10; i++)); do
    if [ -e "$1" ]; then return 0; fi
    sleep 0.1
  done
  return 1
}
ended() { # SIGNAL: what became of the task
  local pid
  rm -f begun finished
  setsid "$v/bin/ansible-playbook" site.yml >out 2>&1 &
  pid=$!
  echo $pid >pid
  waited begun 60 || { kill -KILL -- "-$pid"; echo 'did not start'; return; }
  kill "-$1" -- "-$pid"
  wait "$pid" 2>/dev/null || true
  rm pid
  if waited finished 12; then echo 'the task went on to its end'; else echo 'the task ended'; fi
}
for v in $versions; do
  [ "$v" = 2.16.19 ] && kill='the task ended' || kill='the task went on to its end'
  see "$v" 'SIGKILL to the process group' "$(ended KILL)" "$kill"
  see "$v" 'SIGTERM to the process group' "$(ended TERM)" 'the task ended'
done
exit $failed
