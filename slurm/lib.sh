# shellcheck shell=bash disable=SC2034,SC1090 # the parts share their variables
# What every job script shares. A script does
#     source ./lib.sh; begin SERVICE "$1"; serve COMMAND…; until_listening HOST PORT SECONDS; publish_endpoint …; stay
# and the run directory gets: the log markers, endpoint.json when the service listens, receipt.json when the job ends, whatever the cause.
#
# The script stands in RUN_DIR all its life, where a copy of this file and of lib/ lies: what runs is what was submitted.
# Secrets are files NAME.token and NAME.header in RUN_DIR, gone when the job ends.
# Signals: TERM means stop (the service is told, waited for, killed at the deadline); USR1 means that the time limit is near.

RUN_DIR=''
# Variables that were there before ours.
mapfile -t NAMES_BEFORE < <(compgen -v)

for part in settings address node processes keeper members gate scratch receipt; do
  source "./lib/$part.sh"
done
unset part

now() { date -u +%Y-%m-%dT%H:%M:%S.%3NZ; }
say() { printf '%s aibench: %s\n' "$(now)" "$*"; }
job_id() { printf '%s' "${SLURM_JOB_ID:-${AIBENCH_LOCAL_JOB_ID:-unknown}}"; }
node_name() { printf '%s' "${SLURMD_NODENAME:-$(uname -n)}"; }

# The markers are for people and for old tools; endpoint.json is what we read.
begin() { # SERVICE RUN_DIR
  RUN_DIR=$2
  umask 077
  T_STARTED=\"$(now)\"
  rm -f "$RUN_DIR/endpoint.json" "$RUN_DIR/receipt.json" "$RUN_DIR"/node.*.json
  start_keeper
  trap write_receipt EXIT
  # The locale was for sbatch; the user's own is in the settings.
  unset LC_ALL
  load_settings job.env
  # The first reason stands: at the time limit the warning comes before the end.
  trap ': "${STOP_ASKED:=stopped}"; tell_service' TERM INT HUP
  trap ': "${STOP_ASKED:=time-limit}"; tell_service' USR1
  OWN_ADDRESS=$(find_address '')
  printf 'SLURM_JOB_ID: %s\nIP ADDRESS: %s\n' "$(job_id)" "$OWN_ADDRESS"
  say "$1 on $(node_name), started"
  run_prologue
  note_node
}
