# shellcheck shell=bash disable=SC2034,SC2153 # the parts share their variables
# What tells the figures of this node, its GPUs and its servers to those who have the token. RUN_DIR/exporter holds its command, a word a
# line; without it there is none. It is no member: nothing waits for it, and the job does not ask whether it lives.

# Its process on this node; how often it may yet be started again, and not before when.
EXPORTER='' EXPORTER_LIVES=10 EXPORTER_DUE=0

# On each node of the job, once that is known: its output goes to a file of its own.
start_exporter() {
  local command address
  [[ -s exporter ]] || return 0
  mapfile -t command <./exporter
  address=$(own_address) || address=''
  renew_secret exporter
  STARTING=yes
  start_process "${command[@]}" "$RUN_DIR" "$(node_name)" "${address:-127.0.0.1}" >>"exporter.$(node_name).log" 2>&1
  EXPORTER=$STARTED_PID EXPORTER_DUE=$((SECONDS + 5)) STARTING=''
  if [[ -n $STOP_DUE ]]; then stop "$STOP_DUE"; fi
}

# One that has ended is started again, on another port that it tells: whoever asks it finds it there. One that ends at once is not
# started all the time.
look_after_exporter() {
  if [[ -z $EXPORTER ]] || alive "$EXPORTER" || ((SECONDS < EXPORTER_DUE)); then return 0; fi
  kill_all_of "$EXPORTER"
  read_end "$EXPORTER"
  EXPORTER=''
  rm -f "exporter.$(node_name).json"
  if ((EXPORTER_LIVES == 0)); then
    say "the exporter ended, $ENDED_HOW; the job goes on without it" >&2
    return
  fi
  EXPORTER_LIVES=$((EXPORTER_LIVES - 1))
  say "the exporter ended, $ENDED_HOW; it is started again" >&2
  start_exporter
}

# What a member tells by OTLP, on this port of its loopback, the exporter takes and hands on to the monitors that are there. It looks at
# this file all the time.
open_relay() { # NAME PORT
  local inside=null
  if [[ ${CLOSED[$1]:-} == true ]]; then inside=${PIDS[$1]}; fi
  write_json otlp-in.json node "$(json "$(node_name)")" port "$2" inside "$inside"
}
