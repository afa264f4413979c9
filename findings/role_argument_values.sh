#!/usr/bin/env bash
# Finding: the validation of role arguments (meta/argument_specs.yml) judges a converted copy. The role then works with the
#   value as it was given: "a,b" passes as `type: list` but stays a string, so `first` gives one letter and a loop over it fails;
#   "no" passes as `type: bool` but stays a string; a default of the specification is not set. And ansible-core 2.19 and later
#   accept a required string that is null (`flannel_network:` with nothing behind it), which 2.16 refuses.
# Wrong guess: as with a module, what passes has the type that is declared, and `required` means that there is a value.
# Versions: ansible-core 2.16.19, 2.19.14, 2.21.5.
# What to do: in the role, convert where it matters (`| bool`, `| int`, `| split(',')` for a string), keep defaults in
#   defaults/main.yml as well, and assert that required values are not empty.
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

mkdir -p roles/net/meta roles/net/tasks
cat >roles/net/meta/argument_specs.yml <<'EOF'
argument_specs:
  main:
    options:
      endpoints: {type: list, elements: str, required: true}
      masquerade: {type: bool}
      mtu: {type: int}
      name: {type: str, required: true}
      port: {type: int, default: 8472}
EOF
cat >roles/net/tasks/main.yml <<'EOF'
- debug:
    msg: "endpoints={{ endpoints is string }},first={{ endpoints | first }} masquerade={{ masquerade is string }} mtu={{ mtu is string }} port={{ port is defined }}."
EOF
cat >values.yml <<'EOF'
- hosts: a
  gather_facts: false
  vars: {endpoints: "http://a:2379,http://b:2379", masquerade: "no", mtu: "1450", name: x}
  roles: [net]
EOF
sed 's/name: x/name: null/' values.yml >null.yml
sed 's/, name: x//' values.yml >absent.yml
verdict() { if grep -q 'Validation of arguments failed' <<<"$1"; then echo refused; else echo accepted; fi; }
for v in $versions; do
  out=$(play values.yml)
  see "$v" 'in the role (True: still a string)' "$(grep -o 'endpoints=.*port=[A-Za-z]*' <<<"$out" | tail -1)" \
    'endpoints=True,first=h masquerade=True mtu=True port=False'
  [ "$v" = 2.16.19 ] && null=refused || null=accepted
  see "$v" 'required, absent' "$(verdict "$(play absent.yml)")" refused
  see "$v" 'required, null' "$(verdict "$(play null.yml)")" "$null"
done
exit $failed
