#!/usr/bin/env bash
# Finding: a module that ends by `exit_json(rc=3)` has failed. Ansible takes the result key `rc` as the outcome of the task
#   unless the module also returns `failed`; 2.19 and later add a `msg` that the module never wrote.
# Wrong guess: exit_json means success, fail_json failure, and `rc` is a value like any other.
# Versions: ansible-core 2.16.19, 2.19.14, 2.21.5.
# What to do: a module that reports the exit code of another program (etcdctl, ip) as information gives the key another
#   name, or returns failed=False with it.
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

mkdir library
cat >library/looker.py <<'EOF'
from ansible.module_utils.basic import AnsibleModule

module = AnsibleModule({"key": {"type": "str"}, "failed": {"type": "bool"}})
result = {module.params["key"]: 3}
if module.params["failed"] is not None:
    result["failed"] = module.params["failed"]
module.exit_json(changed=False, **result)
EOF
cat >site.yml <<'EOF'
- hosts: a
  gather_facts: false
  tasks:
    - looker: {key: exit_code}
      register: one
    - looker: {key: rc}
      register: two
      ignore_errors: true
    - looker: {key: rc, failed: false}
      register: three
    - debug:
        msg: "exit_code=3:{{ one.failed }} rc=3:{{ two.failed }} rc=3,failed=False:{{ three.failed }} msg:{{ 'msg' in two }}"
EOF
for v in $versions; do
  msg=True
  [ "$v" != 2.16.19 ] || msg=False
  see "$v" 'is it failed?' "$(play site.yml | grep -o 'exit_code=3:.*msg:[A-Za-z]*' | tail -1)" \
    "exit_code=3:False rc=3:True rc=3,failed=False:False msg:$msg"
done
exit $failed
