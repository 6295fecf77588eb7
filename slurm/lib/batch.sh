# shellcheck shell=bash disable=SC2034,SC2153 # the parts share their variables
# A job that is the benchmark: it ends with its program, and has completed when that says 0.

# The program may tell how far it is in files of AIBENCH_PROGRESS, which begins empty.
run_to_end() { # COMMAND…
  mkdir -p progress
  export AIBENCH_PROGRESS=$RUN_DIR/progress
  serve "$KIND" "$@"
  PHASE=running
  stay
}

# The same, as so many processes on each of so many nodes: see tasks.sh.
run_tasks() { run_to_end bash ./lib/tasks.sh "$@"; } # NODES TASKS_PER_NODE COMMAND…
