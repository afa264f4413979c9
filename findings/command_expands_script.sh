#!/usr/bin/env bash
# Finding: the module command replaces $NAME and ${NAME} in each word of argv by the value in its environment, before it runs anything: also in the text of a
#   script behind `sh -c`. There the value stands as source, unquoted: `v=$VALUE` with the value "two words" runs the command `words`. Quotes around it, and
#   the shell's own rules, come too late; ${NAME:-} is left alone, so a script works in one line and not in the next. Variables that the task itself gives
#   as `environment:` are among them, and so is every one of the host's that happens to have the name of a variable in the script.
# Wrong guess: argv goes to the program as it is, so that `sh -c` with a script and its values in the environment is the safe way.
# Versions: ansible-core 2.18.19. (Seen with 2.21.5, too. The switch expand_argument_vars is there from 2.16 on; before, nothing turns it off.)
# What to do: expand_argument_vars: false for each command that runs a script.
# Needs Python 3.11 to 3.13 with venv.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 1' HUP INT TERM
cd "$work"
failed=0
see() { # WHAT SEEN EXPECTED
  echo "$1: $2"
  [ "$2" = "$3" ] || { echo "  CHANGED, it was: $3"; failed=1; }
}

python3 -m venv venv
venv/bin/pip -q install ansible-core==2.18.19
cat >play.yml <<'EOS'
- hosts: localhost
  gather_facts: false
  environment: {VALUE: two words, name: of the environment}
  tasks:
    - command: {argv: [sh, -c, 'v=$VALUE; echo "$v"']}
      register: bare
      failed_when: false
    - command: {argv: [sh, -c, 'v=${VALUE:-}; echo "$v"']}
      register: with_default
    - command: {argv: [sh, -c, 'name=mine; echo "$name"']}
      register: own
    - command: {argv: [sh, -c, 'v=$VALUE; name=mine; echo "$v, $name"'], expand_argument_vars: false}
      register: switched_off
    - copy:
        dest: "{{ playbook_dir }}/seen"
        content: |
          {{ bare.stderr | regex_replace('.*: (\S+: not found)', '\1') }}
          {{ with_default.stdout }}
          {{ own.stdout }}
          {{ switched_off.stdout }}
EOS
ANSIBLE_LOCALHOST_WARNING=false ANSIBLE_INVENTORY_UNPARSED_WARNING=false venv/bin/ansible-playbook -c local play.yml >log 2>&1 || { cat log; exit 2; }
mapfile -t seen <seen
# shellcheck disable=SC2016 # they are meant as they stand
{
  see 'v=$VALUE; echo "$v"' "${seen[0]:-}" 'words: not found'
  see 'v=${VALUE:-}; echo "$v"' "${seen[1]:-}" 'two words'
  see 'name=mine; echo "$name", and name is in the environment' "${seen[2]:-}" 'of the environment'
  see 'the first and the third with expand_argument_vars: false' "${seen[3]:-}" 'two words, mine'
}
exit $failed
