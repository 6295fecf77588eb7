# shellcheck shell=bash disable=SC2034,SC1090 # the parts share their variables
# What every job script shares, by concern in lib/. A script that serves does, for each of its servers,
#     begin KIND "$1"; serve NAME COMMAND…; until_listening NAME PORT SECONDS; publish_endpoint NAME http 127.0.0.1 PORT; …; stay
# one whose job is the benchmark
#     begin KIND "$1"; run_to_end COMMAND…
# and one that holds its nodes, in which benchmarks then run as guests
#     begin KIND "$1"; prove COMMAND…; publish_ready DETAIL; hold
# The run directory gets: the log markers, endpoint.NAME.json when a server listens, ready.json, receipt.json when the job ends, whatever the cause.
#
# The script stands in RUN_DIR all its life, where a copy of this file and of lib/ lies: what runs is what was submitted.
# Secrets are files NAME.token and NAME.header in RUN_DIR, gone when the job ends.
# Signals: TERM means stop (the servers are told, waited for, killed at the deadline); USR1 means that the time limit is near.

# Variables that were there before ours.
mapfile -t NAMES_BEFORE < <(compgen -v)
KIND='' RUN_DIR=''

for part in settings address node processes keeper members listening gate exporter scratch batch guests receipt further-nodes; do
  source "./lib/$part.sh"
done
unset part

now() { date -u +%Y-%m-%dT%H:%M:%S.%3NZ; }
give_up() { CAUSE=$1 && say "$2" >&2 && exit 1; } # CAUSE REASON
say() { printf '%s aibench: %s\n' "$(now)" "$*"; }
job_id() { printf '%s' "${SLURM_JOB_ID:-${AIBENCH_LOCAL_JOB_ID:-unknown}}"; }
node_name() { printf '%s' "${SLURMD_NODENAME:-$(uname -n)}"; }

# The markers are for people and for old tools; the endpoints are what we read.
begin() { # KIND RUN_DIR
  KIND=$1 RUN_DIR=$2
  umask 077
  T_STARTED=\"$(now)\"
  rm -rf endpoint.*.json ended.*.json node.*.json exporter.*.json otlp-*.json ready.json receipt.json progress
  start_keeper
  trap write_receipt EXIT
  note_surroundings
  # The locale was for sbatch; the user's own is in the settings.
  unset LC_ALL
  load_settings job.env
  trap 'stop stopped' TERM INT HUP
  trap 'stop time-limit' USR1
  OWN_ADDRESS=$(find_address '')
  printf 'SLURM_JOB_ID: %s\nIP ADDRESS: %s\n' "$(job_id)" "$OWN_ADDRESS"
  say "$KIND on $(node_name), started"
  run_prologue
  note_node
  start_exporter
}
