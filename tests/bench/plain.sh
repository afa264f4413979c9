#!/usr/bin/env bash
# Copyright: (c) 2026, overlay.flannel contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
# The yardstick of a first converge: the same programs, packages, units and settings on fresh Debian hosts by plain ssh, all hosts at once.
#   plain.sh KEY ETCD_FOLDER FLANNEL_FOLDER ADDRESS...     the first address carries etcd
# It asks nothing, compares nothing and checks nothing but that docker runs in its subnet at the end. When the roles install something else, it changes here too.
set -euo pipefail

key=$1 etcd=$2 flannel=$3
shift 3
addresses=("$@")
first=$1
roles=$(cd "$(dirname "$0")/../../roles" && pwd)
prefix=/flannel/network network=10.20.0.0/16
config='{"Network":"10.20.0.0/16","SubnetLen":24,"Backend":{"Type":"vxlan"}}'
work=$(mktemp -d)
running=()
trap 'kill "${running[@]}" 2>/dev/null || true; rm -rf "$work"' EXIT

common_files() {
  local tree=$work/common units=$work/common/etc/systemd/system
  mkdir -p "$tree"/usr/local/{bin,sbin} "$units/docker.service.d" "$tree"/etc/{flannel,sysctl.d,systemd/network,systemd/networkd.conf.d}
  install -m 0755 "$flannel"/{flanneld,mk-docker-opts.sh} "$tree/usr/local/bin"
  install -m 0755 "$roles"/flannel/files/overlay-flannel-* "$roles"/docker/files/overlay-docker-* "$tree/usr/local/sbin"
  install -m 0644 "$roles"/flannel/files/10-overlay-flannel.{link,network} "$tree/etc/systemd/network"
  install -m 0644 "$roles/flannel/files/networkd.conf" "$tree/etc/systemd/networkd.conf.d/10-overlay-flannel.conf"
  echo 'net.ipv4.ip_forward = 1' >"$tree/etc/sysctl.d/99-zz-overlay-flannel.conf"
  cat >"$units/flanneld.service" <<'UNIT'
[Unit]
Wants=network-online.target
After=network-online.target etcd.service
StartLimitIntervalSec=0

[Service]
Type=notify
EnvironmentFile=/etc/flannel/flanneld.env
ExecStart=/usr/local/bin/flanneld
ExecStartPost=/usr/local/sbin/overlay-flannel-options DOCKER_OPTS /usr/local/bin/mk-docker-opts.sh
Restart=always
RestartSec=5
TimeoutStartSec=90
TimeoutStopSec=15
KillMode=mixed

[Install]
WantedBy=multi-user.target
UNIT
  cat >"$units/docker.service.d/50-overlay-flannel.conf" <<UNIT
[Unit]
Wants=flanneld.service
StartLimitIntervalSec=0

[Service]
EnvironmentFile=-/run/overlay-docker/options
EnvironmentFile=-/run/flannel/docker
Restart=always
RestartSec=2
NotifyAccess=exec
ExecStartPre=/usr/local/sbin/overlay-docker-options start /run/flannel/docker DOCKER_OPTS 60 flanneld.service
ExecStartPre=/usr/local/sbin/overlay-docker-rules /run/flannel/docker flannel.1 $network
UNIT
  cat >"$units/overlay-docker-refresh.path" <<'UNIT'
[Path]
PathChanged=/run/flannel/docker
PathExists=/run/overlay-docker-rules.lost

[Install]
WantedBy=paths.target
UNIT
  cat >"$units/overlay-docker-refresh.service" <<UNIT
[Unit]
Wants=overlay-docker-refresh.path
StartLimitIntervalSec=0

[Service]
Type=oneshot
TimeoutStartSec=240
Environment=OPTIONS_FILE=/run/flannel/docker OPTIONS_KEY=DOCKER_OPTS
Environment=FLANNEL_UNIT=flanneld.service TIMEOUT=180
ExecStartPre=-/bin/rm -f /run/overlay-docker-rules.lost
ExecStartPre=-/usr/local/sbin/overlay-docker-options keep /run/flannel/docker DOCKER_OPTS
ExecStartPre=-/usr/local/sbin/overlay-docker-rules /run/flannel/docker flannel.1 $network
ExecStartPre=-/usr/local/sbin/overlay-docker-peers set $network
ExecStart=/usr/local/sbin/overlay-docker-refresh
UNIT
  cat >"$units/overlay-docker-peers.service" <<UNIT
[Service]
ExecStart=/usr/local/sbin/overlay-docker-peers follow $network
ExecStopPost=-/usr/local/sbin/overlay-docker-peers open
Restart=always
RestartSec=5

[Install]
WantedBy=multi-user.target
UNIT
  cat >"$units/overlay-docker-refresh.timer" <<'UNIT'
[Timer]
OnActiveSec=10min
OnUnitInactiveSec=10min
AccuracySec=1min

[Install]
WantedBy=timers.target
UNIT
  cat >"$units/overlay-flannel-repair.service" <<UNIT
[Service]
Type=oneshot
Environment=UNIT=flanneld.service ENDPOINTS=http://$first:2379
ExecStart=/usr/local/sbin/overlay-flannel-repair
UNIT
  cat >"$units/overlay-flannel-repair.timer" <<'UNIT'
[Timer]
OnActiveSec=1min
OnUnitInactiveSec=1min
AccuracySec=10s

[Install]
WantedBy=timers.target
UNIT
}

etcd_files() {
  local tree=$work/etcd
  mkdir -p "$tree/usr/local/bin" "$tree/etc/etcd" "$tree/etc/systemd/system"
  install -m 0755 "$etcd"/{etcd,etcdctl,etcdutl} "$tree/usr/local/bin"
  cat >"$tree/etc/etcd/overlay.env" <<UNIT
ETCD_NAME=first
ETCD_DATA_DIR=/var/lib/etcd/overlay
ETCD_LISTEN_CLIENT_URLS=http://$first:2379,http://127.0.0.1:2379
ETCD_ADVERTISE_CLIENT_URLS=http://$first:2379
ETCD_LISTEN_PEER_URLS=http://$first:2380
ETCD_INITIAL_ADVERTISE_PEER_URLS=http://$first:2380
ETCD_INITIAL_CLUSTER=first=http://$first:2380
UNIT
  cat >"$tree/etc/systemd/system/etcd.service" <<'UNIT'
[Unit]
Wants=network-online.target
After=network-online.target
RequiresMountsFor=/var/lib/etcd/overlay
StartLimitIntervalSec=0

[Service]
Type=notify
User=etcd
Group=etcd
EnvironmentFile=/etc/etcd/overlay.env
ExecStart=/usr/local/bin/etcd
Restart=always
RestartSec=5
LimitNOFILE=65536
UMask=0077
CapabilityBoundingSet=
NoNewPrivileges=yes
PrivateDevices=yes
PrivateTmp=yes
ProtectHome=read-only
ProtectSystem=full

[Install]
WantedBy=multi-user.target
UNIT
}

host_files() { # ADDRESS
  mkdir -p "$work/$1/etc/flannel" "$work/$1/root"
  cat >"$work/$1/etc/flannel/flanneld.env" <<UNIT
FLANNELD_ETCD_ENDPOINTS=http://$first:2379
FLANNELD_ETCD_PREFIX=$prefix
FLANNELD_IFACE=$1
FLANNELD_IP_MASQ=true
FLANNELD_PUBLIC_IP=$1
UNIT
  {
    echo "set -eu; export DEBIAN_FRONTEND=noninteractive"
    if [ "$1" = "$first" ]; then
      echo "useradd --system --home-dir /var/lib/etcd --no-create-home --shell /usr/sbin/nologin etcd"
      echo "install -d -m 0700 -o etcd -g etcd /var/lib/etcd /var/lib/etcd/overlay"
      echo "systemctl daemon-reload; systemctl enable --now etcd"
      echo "etcdctl put $prefix/config '$config' >/dev/null"
    fi
    # Without --quiet: systemctl would not even say that a job has failed.
    cat <<'STEPS'
systemctl daemon-reload
networkctl reload
sysctl -q -p /etc/sysctl.d/99-zz-overlay-flannel.conf
systemctl enable --now --no-block flanneld
apt-get -qq update
apt-get -qq install docker.io docker-cli >/dev/null
systemctl enable --now overlay-docker-refresh.path overlay-docker-refresh.timer overlay-docker-peers overlay-flannel-repair.timer
systemctl enable --now docker
. /run/flannel/subnet.env
until ip -o -4 address show dev docker0 2>/dev/null | grep -qF " $FLANNEL_SUBNET "; do sleep 0.2; done
STEPS
  } >"$work/$1/root/plain-steps"
}

host() { # ADDRESS
  local trees=(-C "$work/common" etc usr)
  [ "$1" != "$first" ] || trees+=(-C "$work/etcd" etc usr)
  tar -c --owner=0 --group=0 "${trees[@]}" -C "$work/$1" etc root |
    ssh -i "$key" -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR -o IdentitiesOnly=yes -o ControlPath=none \
      "root@$1" 'tar -x --no-overwrite-dir -C / && timeout 600 sh /root/plain-steps && rm /root/plain-steps'
}

common_files
etcd_files
for address in "${addresses[@]}"; do
  host_files "$address"
  host "$address" &
  running+=($!)
done
for _ in "${running[@]}"; do wait -n; done # the first failure ends the others
running=()
