#!/usr/bin/env bash
# Finding: if there is a folder group_vars/etcd/, Ansible does not read group_vars/etcd.yml beside it, and says nothing,
#   not even with -vvv. So a new folder for one secret takes all the other variables of the group away.
# Wrong guess: both are read and merged, as the files in one such folder are.
# Versions: ansible-core 2.16.19, 2.19.14, 2.21.5.
# What to do: move the file into the folder (group_vars/etcd/main.yml) in the same commit that makes the folder.
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

mkdir -p group_vars/etcd
echo 'from_file: read' >group_vars/etcd.yml
echo 'from_folder: read' >group_vars/etcd/main.yml
echo 'from_second: read' >group_vars/etcd/second.yml
cat >site.yml <<'EOF'
- hosts: a
  gather_facts: false
  tasks:
    - debug:
        msg: "file={{ from_file | default('lost') }} folder={{ from_folder | default('lost') }} second={{ from_second | default('lost') }}"
EOF
for v in $versions; do
  out=$(play -vvv site.yml)
  see "$v" 'etcd.yml beside etcd/' "$(grep -o 'file=.*second=[a-z]*' <<<"$out" | tail -1)" 'file=lost folder=read second=read'
  see "$v" 'lines that name the ignored file' "$(grep -c 'etcd\.yml' <<<"$out" || true)" 0
  mv group_vars/etcd aside
  see "$v" 'etcd.yml alone' "$(play site.yml | grep -o 'file=.*second=[a-z]*' | tail -1)" 'file=read folder=lost second=lost'
  mv aside group_vars/etcd
done
exit $failed
