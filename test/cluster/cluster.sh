#!/bin/bash
# A real Slurm cluster on this machine, from Debian's packages: one controller here, every node in a network and a UTS namespace of its
# own behind a bridge. No accounting, no cgroups. For root.
# usage: cluster.sh up DIR NODES MIN_JOB_AGE_S | node-up DIR N | node-down DIR N | controller DIR | down DIR
set -euo pipefail
command=$1 dir=$2
bridge=aibtest0 net=10.78.0
# Where the one that is up lives: tests that were killed leave theirs running, and the next ones take it down.
record=/run/aibtest-cluster
export SLURM_CONF=$dir/slurm.conf

node_name() { printf 'aib%04d' "$1"; }

start_munge() {
  munge -n >/dev/null 2>&1 && return
  mkdir -p /run/munge /var/log/munge /var/lib/munge
  [[ -s /etc/munge/munge.key ]] || dd if=/dev/urandom of=/etc/munge/munge.key bs=1024 count=1 status=none
  chown -R munge: /etc/munge /run/munge /var/log/munge /var/lib/munge
  chmod 400 /etc/munge/munge.key
  runuser -u munge -- /usr/sbin/munged --force
}

write_conf() { # NODES MIN_JOB_AGE_S
  local i nodes last gpus
  last=$(node_name "$1")
  nodes=$(for i in $(seq 1 "$1"); do node_name "$i"; done | sed 's/aib/,aib/g' | tr -d '\n')
  nodes=${nodes#,}
  {
    cat <<CONF
ClusterName=aibtest
SlurmctldHost=$(hostname -s)($net.1)
SlurmctldPort=16817
SlurmdPort=16818
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
StateSaveLocation=$dir/state
SlurmdSpoolDir=$dir/spool/%n
TmpFS=$dir/tmp/%n
SlurmctldPidFile=$dir/slurmctld.pid
SlurmdPidFile=$dir/slurmd-%n.pid
SlurmctldLogFile=$dir/slurmctld.log
SlurmdLogFile=$dir/slurmd-%n.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SlurmdParameters=config_overrides
ReturnToService=2
MpiDefault=none
KillWait=5
MessageTimeout=10
SlurmdTimeout=10
MinJobAge=$2
JobRequeue=1
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
JobCompType=jobcomp/none
GresTypes=gpu
CONF
    for i in $(seq 1 "$1"); do
      # Pretended, and none on the last node.
      gpus=$([[ $i == "$1" ]] || echo ' Gres=gpu:4')
      echo "NodeName=$(node_name "$i") NodeAddr=$net.1$i CPUs=8 CoresPerSocket=8 RealMemory=8000$gpus"
    done
    echo "PartitionName=cpu Nodes=$nodes Default=YES MaxTime=1-00:00:00 State=UP OverSubscribe=YES:8"
    echo "PartitionName=plain Nodes=$last MaxTime=1-00:00:00 State=UP OverSubscribe=YES:8"
    echo "PartitionName=quick Nodes=$nodes MaxTime=00:10:00 State=UP OverSubscribe=YES:8"
  } >"$dir/slurm.conf"
  for i in $(seq 1 $(($1 - 1))); do echo "NodeName=$(node_name "$i") Name=gpu File=/dev/null,/dev/zero,/dev/full,/dev/random"; done >"$dir/gres.conf"
}

network() { # NODES
  local i name
  ip link add $bridge type bridge
  ip addr add $net.1/24 dev $bridge
  ip link set $bridge up
  for i in $(seq 1 "$1"); do
    name=$(node_name "$i")
    ip netns add "$name"
    ip link add "v$name" type veth peer name eth0 netns "$name"
    ip link set "v$name" master $bridge up
    ip -n "$name" addr add "$net.1$i/24" dev eth0
    ip -n "$name" link set eth0 up
    ip -n "$name" link set lo up
    # As on any cluster the nodes know each other by name: Ray asks, and a resolver that has no answer takes its time.
    grep -qw "$name" /etc/hosts || echo "$net.1$i $name # aibtest" >>/etc/hosts
  done
}

# nsenter and not `ip netns exec`, which would hide /sys.
start_node() { # N
  local name
  name=$(node_name "$1")
  nsenter --net="/run/netns/$name" unshare -u bash -c "hostname $name; exec slurmd -N $name"
}

end_by_pidfile() { # FILE SIGNAL
  if [[ -s $1 ]]; then kill "-$2" "$(cat "$1")" 2>/dev/null || true; fi
}

take_down() { # DIR
  local file name
  for file in "$1"/slurmd-*.pid "$1/slurmctld.pid"; do end_by_pidfile "$file" KILL; done
  for name in $(ip netns list | awk '/^aib[0-9]/{print $1}'); do
    ip netns pids "$name" | xargs -r kill -KILL 2>/dev/null || true
    ip netns del "$name"
  done
  ip link del $bridge 2>/dev/null || true
  # In place: the file may be mounted.
  sed '/ # aibtest$/d' /etc/hosts >"$1/hosts" && cat "$1/hosts" >/etc/hosts
  rm -f $record
}

case $command in
  up)
    if [[ -s $record ]]; then take_down "$(cat $record)"; fi
    printf '%s' "$dir" >$record
    mkdir -p "$dir/state" "$dir/spool"
    start_munge
    # One each: PMIx makes a directory of the same name there on every node of a step, and they share a machine.
    for i in $(seq 1 "$3"); do mkdir -p "$dir/tmp/$(node_name "$i")"; done
    chmod 1777 "$dir/tmp" "$dir/tmp"/*
    write_conf "$3" "$4"
    network "$3"
    slurmctld -c
    for i in $(seq 1 "$3"); do start_node "$i"; done
    for _ in $(seq 1 100); do
      [[ $(sinfo -h -t idle -o %D -p cpu 2>/dev/null) == "$3" ]] && exit 0
      sleep 0.2
    done
    sinfo >&2 || true
    exit 1
    ;;
  controller) slurmctld ;;
  node-up) start_node "$3" ;;
  node-down) end_by_pidfile "$dir/slurmd-$(node_name "$3").pid" KILL ;;
  down) take_down "$dir" ;;
  *) exit 2 ;;
esac
