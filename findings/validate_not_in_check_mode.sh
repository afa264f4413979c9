#!/usr/bin/env bash
# Finding: `validate:` of copy and template runs only where the file is about to be written: not in check mode, which shows a file that validation
#   refuses as an ordinary change and ends with 0, and not where the file on the host is already the same, so a bad file that is there stays "ok".
# Wrong guess: a run with --check asks the validator too, so what passes it can be written; and "ok" means the file that is there is valid.
# Versions: ansible-core 2.16.19, 2.19.14, 2.21.5.
# What to do: check the rendered text on the controller, before the rollout; or in a task of its own with `check_mode: false` on a temporary file.
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

cat >site.yml <<'YML'
- hosts: a
  gather_facts: false
  tasks:
    - MODULE
      args: {dest: "{{ playbook_dir }}/there", validate: "grep -q good %s", mode: "0644"}
YML
echo bad >bad.j2
sed 's/MODULE/copy: {content: "bad\\n"}/' site.yml >copy.yml
sed 's/MODULE/template: {src: bad.j2}/' site.yml >template.yml
seen() { # PLAYBOOK OPTIONS...: exit code and result
  local rc=0
  nice "$v/bin/ansible-playbook" "$@" >out 2>&1 || rc=$?
  echo "exit $rc, $(grep -o '^\(ok\|changed\|fatal\)' out | head -1)$(grep -o 'failed to validate' out | head -1 | sed 's/^/, /')"
}
for v in $versions; do
  for way in copy template; do
    rm -f there
    see "$v" "$way, check mode" "$(seen $way.yml --check --diff)" 'exit 0, changed'
    see "$v" "$way" "$(seen $way.yml)" 'exit 2, fatal, failed to validate'
    cp bad.j2 there
    chmod 0644 there
    see "$v" "$way, the bad file is there" "$(seen $way.yml)" 'exit 0, ok'
  done
done
exit $failed
