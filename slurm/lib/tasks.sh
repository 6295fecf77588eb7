#!/bin/bash
# Runs a program as many tasks: with srun on the nodes of the job or, where there is no Slurm, all of them on this machine.
# Arguments: NODES TASKS_PER_NODE COMMAND…
# Each task finds its number, from 0, in AIBENCH_TASK and how many there are in AIBENCH_TASKS. One that fails ends the others, and its
# exit code is ours. TERM is passed on to all of them.
set -uo pipefail
nodes=$1 tasks=$(($1 * $2)) per_node=$2 code=0
shift 2

# A trap interrupts a `wait`: then it has not ended.
ended() { # PID
  local code=0
  wait "$1" || code=$?
  while kill -0 "$1" 2>/dev/null; do
    code=0
    wait "$1" || code=$?
  done
  return "$code"
}

if [[ -n ${SLURM_JOB_ID:-} && -z ${AIBENCH_LOCAL_JOB_ID:-} ]]; then
  # At a TERM srun kills what it runs, so it has a session of its own: what tells us tells our group. USR2 it passes on, to all that a
  # task runs. It says the highest of the exit codes; ours is the first, for the others are ended because of it.
  rm -f .failed
  # shellcheck disable=SC2016   # for the shell there
  setsid srun --nodes="$nodes" --ntasks="$tasks" --ntasks-per-node="$per_node" --overlap --mem=0 --kill-on-bad-exit=1 \
    --input=none --quiet --export=ALL bash -c "$(declare -f ended)"'
      trap "kill -TERM -- -\$! 2>/dev/null" USR2
      export AIBENCH_TASK=$SLURM_PROCID AIBENCH_TASKS=$SLURM_NTASKS
      (trap "" USR2 && exec setsid "$@") &
      ended $! || code=$?
      if ((${code:=0} != 0)); then (set -C; echo "$code" >.failed) 2>/dev/null; fi
      exit "$code"' task "$@" &
  trap 'kill -USR2 $! 2>/dev/null' TERM
  ended $! || code=$?
  if [[ -s .failed ]]; then code=$(<.failed); fi
  exit "$code"
fi

trap : TERM
pids=()
for ((task = 0; task < tasks; task++)); do
  AIBENCH_TASK=$task AIBENCH_TASKS=$tasks "$@" &
  pids+=($!)
done
while ((${#pids[@]} > 0)); do
  for i in "${!pids[@]}"; do
    ! kill -0 "${pids[i]}" 2>/dev/null || continue
    this=0
    wait "${pids[i]}" || this=$?
    unset "pids[i]"
    if ((this != 0 && code == 0)); then
      code=$this
      ((${#pids[@]} == 0)) || kill -TERM "${pids[@]}" 2>/dev/null
    fi
  done
  sleep 0.1
done
exit "$code"
