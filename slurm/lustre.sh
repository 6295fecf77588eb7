# shellcheck shell=bash source=slurm/lib.sh
# A benchmark of a file system that is mounted on the nodes. Argument: RUN_DIR.
# RUN_DIR/command holds what drives it on the first node, a word a line: it starts the ranks, and says so in the log.

begin lustre "$1"
mapfile -t command <./command
run_to_end "${command[@]}"
