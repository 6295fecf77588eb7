#!/bin/bash
# What every job runs, whatever its service. Arguments: RUN_DIR, and what the service's own script takes after it.
# RUN_DIR holds a copy of what was submitted: this file, lib.sh and lib/, and as service.sh the service's own script.
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
# shellcheck source=/dev/null # the service's own
source ./service.sh
