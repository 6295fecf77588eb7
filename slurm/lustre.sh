# shellcheck shell=bash source=slurm/lib.sh
# A benchmark of a file system that is mounted on the nodes, or the nodes for such benchmarks. Argument: RUN_DIR.
# RUN_DIR/command holds what drives it on the first node, a word a line: it starts the ranks, and says so in the log.
# Settings (RUN_DIR/job.env): AIBENCH_HOLD to hold the nodes for guests once the probe has passed.

begin lustre "$1"
mapfile -t command <./command
[[ -n ${AIBENCH_HOLD:-} ]] || run_to_end "${command[@]}"
prove "${command[@]}"
publish_ready "$(<ready.text)"
hold
