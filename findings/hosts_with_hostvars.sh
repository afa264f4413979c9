#!/usr/bin/env bash
# Finding: `hosts:` of a play may use `hostvars` only if an earlier play of the same run has found hosts. In the first play,
#   after plays that matched no host, and in every play under --syntax-check, `hostvars` is undefined; with a `default` in the
#   expression that shows as "no hosts matched" and exit code 0.
# Wrong guess: hostvars is there like `groups`, for it holds the same inventory. (`groups` is there.)
# Versions: ansible-core 2.16.19, 2.19.14, 2.21.5.
# What to do: make a group by group_by or add_host in one play and name the group in the next; or test `hostvars is defined`.
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

cat >second.yml <<'EOF'
- hosts: "{{ groups['etcd'] | select('in', hostvars) | list }}"
  gather_facts: false
  tasks:
    - debug:
        msg: "here-{{ inventory_hostname }}"
EOF
cat >default.yml <<'EOF'
- hosts: "{{ (hostvars['a'] | default({})).inventory_hostname | default([]) }}"
  gather_facts: false
  tasks:
    - debug:
        msg: "here-{{ inventory_hostname }}"
EOF
sed 's/ | select(.*) | list//' second.yml >groups.yml
before() { printf -- '- hosts: %s\n  gather_facts: false\n  tasks: [{debug: }]\n' "$1"; }
{ before a; cat second.yml; } >after_a.yml
{ before '"{{ [] }}"'; cat second.yml; } >after_none.yml
{ before a; cat default.yml; } >default_after_a.yml
outcome() { # exit code, hosts reached, whether hostvars was called undefined
  local out rc=0
  out=$(nice "$v/bin/ansible-playbook" "$@" 2>&1) || rc=$?
  echo "rc $rc$(grep -o '"here-[a-c]"' <<<"$out" | sort | tr -d '"' | sed 's/^here-/ /' | tr -d '\n' || true)$(
    grep -q "'hostvars' is undefined" <<<"$out" && echo ' hostvars undefined')"
}
for v in $versions; do
  see "$v" 'groups in the first play' "$(outcome groups.yml)" 'rc 0 a b c'
  see "$v" 'hostvars in the first play' "$(outcome second.yml)" 'rc 4 hostvars undefined'
  see "$v" 'the same after a play on a' "$(outcome after_a.yml)" 'rc 0 a b c'
  see "$v" 'the same after a play on no host' "$(outcome after_none.yml)" 'rc 4 hostvars undefined'
  see "$v" 'the second by --syntax-check' "$(outcome --syntax-check after_a.yml)" 'rc 4 hostvars undefined'
  see "$v" 'with default in the first play' "$(outcome default.yml)" 'rc 0'
  see "$v" 'with default after a play on a' "$(outcome default_after_a.yml)" 'rc 0 a'
done
exit $failed
