#!/usr/bin/env bash
# Finding: what a collection's plugins import from plugins/plugin_utils and plugins/module_utils is compiled anew at each start of
#   ansible-playbook: the loader of collections neither reads nor writes __pycache__ for it. The plugin file itself, and a package that it
#   finds by PYTHONPATH, have their .pyc after the first run.
# Wrong guess: imports within a collection are cached as all imports of Python are, so large shared code costs its parsing only once.
# Versions: ansible-core 2.16.19, 2.19.14, 2.21.5.
# What to do: import late what few runs need; put big tables into data; expect about 0.3 ms for 1 kB of source at each start.
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
collections_path = WORK/here
EOF
sed -i "s|WORK|$work|" ansible.cfg
plugins=here/ansible_collections/some/thing/plugins
mkdir -p $plugins/filter $plugins/plugin_utils usual
printf 'namespace: some\nname: thing\nversion: 1.0.0\nreadme: README.md\nauthors: [x]\n' >here/ansible_collections/some/thing/galaxy.yml
echo 'def double(value): return value * 2' | tee $plugins/plugin_utils/shared.py usual/usual_package.py >/dev/null
cat >$plugins/filter/double.py <<'EOF'
import usual_package

from ansible_collections.some.thing.plugins.plugin_utils.shared import double


class FilterModule:
    def filters(self):
        return {"double": double}
EOF
cat >play.yml <<'EOF'
- hosts: localhost
  gather_facts: false
  tasks:
    - debug:
        msg: "got-{{ 21 | some.thing.double }}"
EOF
cat >usual/sitecustomize.py <<'EOF'
import sys


def hook(event, args):
    name = str(args[1]).rsplit("/", 1)[-1] if event == "compile" else ""
    if name in ("shared.py", "double.py", "usual_package.py"):
        print("COMPILED", name, file=sys.stderr)


sys.addaudithook(hook)
EOF
compiled() { # which of the three files a run compiles
  local out
  out=$(PYTHONPATH=$work/usual nice "$v/bin/ansible-playbook" -i localhost, -c local play.yml 2>&1)
  grep -q got-42 <<<"$out" || { echo "the play failed: $out"; return; }
  grep -o 'COMPILED [a-z_.]*' <<<"$out" | sed 's/COMPILED //' | sort -u | tr '\n' ' ' | sed 's/ $//'
}
for v in $versions; do
  rm -rf usual/__pycache__ $plugins/*/__pycache__
  see "$v" 'compiled by the first run' "$(compiled)" 'double.py shared.py usual_package.py'
  see "$v" 'compiled by the second run' "$(compiled)" 'shared.py'
  see "$v" 'compiled files' "$(cd $plugins && echo */__pycache__)" 'filter/__pycache__'
done
exit $failed
