# shellcheck shell=bash disable=SC2034,SC2153 # the parts share their variables
# What the job runs on its further nodes: there srun runs the job's script again, which then joins instead of beginning.

# Variables that were decided for this node and are not another's; filled by the job's script.
OF_THIS_NODE=()

# Runs the job's script on another node, as a helper of this one. Its output has a file of its own; whoever ends there is known by the
# node's name.
on_node() { # NAME NODE ARGUMENT…
  local name less=()
  for name in "${OF_THIS_NODE[@]}"; do less+=(-u "$name"); done
  # shellcheck disable=SC2016   # expanded on that node
  help_with "$1 on $2" env "${less[@]}" TMPDIR="$OUTER_TMPDIR" srun --nodes=1 --ntasks=1 --nodelist="$2" --overlap --mem=0 \
    --cpu-bind=none --input=none --quiet --export=ALL --output="${RUN_DIR//%/%%}/$2.log" --error="${RUN_DIR//%/%%}/$2.log" \
    --open-mode=append bash -c "$(declare -f sealed)"'; cd "$1" && sealed && exec bash ./job.sh "$@"' job.sh "$RUN_DIR" "${@:3}"
}

# As `begin`, on a further node: what it serves there is known by its end alone.
join_job() { # KIND RUN_DIR
  KIND=$1 RUN_DIR=$2
  umask 077
  start_keeper
  load_settings job.env
  AIBENCH_STOP_DEADLINE_S=5
  trap leave_node EXIT
  trap 'note_shared_memory; stop stopped' TERM INT HUP USR2
  run_prologue
  note_node
  start_exporter
}

# Nothing here waits for a server to be ready: what it leaves is noted all the time.
stay_joined() {
  while members_alive; do
    note_shared_memory
    note_strays
    pause 1
  done
  [[ $EXIT_CODE == 0 ]] || exit 1
  exit 0
}

leave_node() {
  local code=$?
  end_prologue
  end_members
  clean_node
  exit "$code"
}
