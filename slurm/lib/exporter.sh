# shellcheck shell=bash disable=SC2034,SC2153 # the parts share their variables
# What tells the figures of this node, its GPUs and its servers to those who have the token. RUN_DIR/exporter holds its command, a word a
# line; without it there is none. It is no member: nothing waits for it, and the job does not ask whether it lives.

# On each node of the job, once that is known: its output goes to a file of its own.
start_exporter() {
  local command address
  [[ -s exporter ]] || return 0
  mapfile -t command <./exporter
  address=$(own_address) || address=''
  renew_secret exporter
  STARTING=yes
  start_process "${command[@]}" "$RUN_DIR" "$(node_name)" "${address:-127.0.0.1}" >>"exporter.$(node_name).log" 2>&1
  STARTING=''
  if [[ -n $STOP_DUE ]]; then stop "$STOP_DUE"; fi
}

# What a member tells by OTLP, on this port of its loopback, the exporter takes and hands on to the monitors that are there. It looks at
# this file all the time.
open_relay() { # NAME PORT
  local inside=null
  if [[ ${CLOSED[$1]:-} == true ]]; then inside=${PIDS[$1]}; fi
  write_json otlp-in.json node "$(json "$(node_name)")" port "$2" inside "$inside"
}
