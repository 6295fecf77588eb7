#!/bin/bash
# A Chroma server on one node. Argument: RUN_DIR.
# RUN_DIR/command holds the server's command, a word a line; RUN_DIR/server.yaml.part its configuration without the port.
# Settings (RUN_DIR/job.env): AIBENCH_TOKEN; AIBENCH_IMAGE, AIBENCH_BIND and AIBENCH_APPTAINER to run in an image;
# AIBENCH_CLOSED for a loopback of its own and a gate before it (RUN_DIR/gate); AIBENCH_READY_DEADLINE_S, AIBENCH_STOP_DEADLINE_S.
set -euo pipefail
# What runs is what was submitted: its sum came with the job, and does not lie beside it. From here on the folder is the one that
# was looked at. Others may rename what is above it, so all that is trusted is read from here and not by its path.
sealed() {
  [[ -z ${AIBENCH_SEAL:-} ]] || { [[ -O . && -z $(find . -maxdepth 0 -perm /022) ]] &&
    sha256sum job.sums | grep -q "^$AIBENCH_SEAL " && sha256sum --check --status job.sums; }
}
cd "$1"
if ! sealed; then
  echo "aibench: the files in $1 are not those that were submitted" >&2
  exit 1
fi
# shellcheck source=slurm/lib.sh
source ./lib.sh

begin chroma "$1"
mapfile -t command <./command
if [[ -n ${AIBENCH_IMAGE:-} ]]; then
  bind_options "$RUN_DIR"
  command=("${AIBENCH_APPTAINER:-apptainer}" exec --cleanenv "${BINDS[@]}" --pwd "$RUN_DIR" "$AIBENCH_IMAGE" chroma)
fi

# Chroma says that its port was taken and exits with 0.
for try in 1 2 3; do
  port=$(free_port)
  { printf 'port: %s\n' "$port" && cat server.yaml.part; } >server.yaml
  if [[ -n ${AIBENCH_CLOSED:-} ]]; then
    serve_closed chroma "${command[@]}" -- run "$RUN_DIR/server.yaml"
  else serve chroma "${command[@]}" run "$RUN_DIR/server.yaml"; fi
  until_listening chroma "$port" "${AIBENCH_READY_DEADLINE_S:-120}" && break
  end_unless_port_taken chroma "$try"
done

if [[ -n ${CLOSED[chroma]:-} ]]; then open_gate chroma 127.0.0.1 "$port"; fi
publish_endpoint chroma http 127.0.0.1 "$port"
stay
