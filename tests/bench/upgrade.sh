#!/usr/bin/env bash
# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# The yardstick of another release of etcd: what a careful person does by hand, from etcd's upgrade guides, by plain ssh.
#   upgrade.sh KEY FOLDER VERSION ADDRESS...     FOLDER holds etcd, etcdctl and etcdutl of VERSION
# Health, a snapshot, for 3.7 a new snapshot of the log on all members; then one member after the other: programs, restart, health.
set -euo pipefail

key=$1 folder=$2 version=$3
shift 3
members=$#

operator='export ETCDCTL_CERT=/etc/etcd/pki/root.crt ETCDCTL_KEY=/etc/etcd/pki/root.key; set -eu;' # in a login shell, which knows the rest

on() { # ADDRESS COMMAND...
  ssh -i "$key" -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR -o IdentitiesOnly=yes -o ControlPath=none "root@$1" "${@:2}"
}

on "$1" "bash -l -c '$operator . /dev/stdin'" <<'STEPS'
etcdctl endpoint health --cluster >/dev/null 2>&1
rm -f /root/before.db
etcdctl snapshot save /root/before.db >/dev/null 2>&1
etcdutl snapshot status /root/before.db >/dev/null
STEPS
case $version in
3.7.*)
  for address in "$@"; do
    on "$address" 'ls /var/lib/etcd/overlay/member/snap/*.snap 2>/dev/null | wc -l >/run/snapshots'
  done
  on "$1" "bash -l -c '$operator etcdctl downgrade enable 3.5 >/dev/null'"
  for address in "$@"; do
    # shellcheck disable=SC2016 # it is the host's
    on "$address" 'until [ "$(ls /var/lib/etcd/overlay/member/snap/*.snap 2>/dev/null | wc -l)" -gt "$(cat /run/snapshots)" ]; do sleep 0.2; done'
  done
  on "$1" "bash -l -c '$operator . /dev/stdin'" <<'STEPS'
etcdctl downgrade cancel >/dev/null 2>&1 || true
until etcdctl endpoint status -w json | grep -q '"storageVersion":"3.6'; do sleep 0.2; done
STEPS
  ;;
esac
for address in "$@"; do
  tar -c -C "$folder" etcd etcdctl etcdutl | on "$address" 'mkdir -p /root/new && tar -x --no-same-owner -C /root/new'
  on "$address" "bash -l -c '$operator . /dev/stdin' - $members" <<'STEPS'
systemctl stop etcd
install -m 0755 /root/new/etcd /root/new/etcdctl /root/new/etcdutl /usr/local/bin
rm -r /root/new
systemctl start etcd
until [ "$(etcdctl endpoint health --cluster 2>&1 | grep -c 'is healthy')" = "$1" ]; do sleep 0.2; done
STEPS
done
