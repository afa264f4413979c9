#!/usr/bin/env bash
# Finding: Ansible's filters union, intersect, difference and symmetric_difference shuffle lists of strings: every run of ansible-playbook has another
#   order, since they make sets of the lists. So `groups['a'] | union(groups['b']) | first` is another host in each run, and a play with such a
#   `hosts:` and `serial: 1` starts with any of them.
# Wrong guess: they keep the order of the first list, as `unique` does (and as older releases did for lists).
# Versions: ansible-core 2.16.19, 2.19.14, 2.21.5.
# What to do: `(a + b) | unique`, `a | select('in', b)`, `a | reject('in', b)` keep the order.
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
outcomes() { # EXPRESSION: how many different results six runs have
  local _
  for _ in 1 2 3 4 5 6; do
    nice "$v/bin/ansible" -i localhost, -c local localhost -m debug -a "msg=got:{{ $1 | join(',') }}" 2>/dev/null | grep -o 'got:[a-z,]*' || echo failed
  done | sort -u | { mapfile -t found; [ ${#found[@]} -eq 1 ] && echo "${found[0]#got:}" || echo "shuffled"; }
}
a="['a','b','c','d','e','f']"
b="['e','g','h','f','i','d']"
for v in $versions; do
  see "$v" 'union' "$(outcomes "$a | union($b)")" shuffled
  see "$v" 'intersect' "$(outcomes "$a | intersect($b + ['a','b'])")" shuffled
  see "$v" 'difference' "$(outcomes "$a | difference(['c'])")" shuffled
  see "$v" 'symmetric_difference' "$(outcomes "$a | symmetric_difference($b)")" shuffled
  see "$v" '(a + b) | unique' "$(outcomes "($a + $b) | unique")" a,b,c,d,e,f,g,h,i
  see "$v" "select('in')" "$(outcomes "$a | select('in', $b)")" d,e,f
  see "$v" "reject('in')" "$(outcomes "$a | reject('in', $b)")" a,b,c
done
exit $failed
