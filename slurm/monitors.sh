# shellcheck shell=bash source=slurm/lib.sh
# Prometheus and what feeds and shows it, on one node. Argument: RUN_DIR.
# RUN_DIR/plan.json says what runs; RUN_DIR/monitors holds the command of our own program, a word a line, which writes the
# configuration of all of them into a folder of this node.
# Settings (RUN_DIR/job.env): AIBENCH_TOKEN; AIBENCH_LISTEN=node|loopback; AIBENCH_BIND and AIBENCH_APPTAINER for images; AIBENCH_READY_DEADLINE_S, AIBENCH_STOP_DEADLINE_S;
# AIBENCH_WARNED_S: the warning comes so long before the time limit.

begin monitors "$1"
make_scratch
export AIBENCH_SCRATCH=$SCRATCH
# Of a script that is killed: before_the_end does not come then. The configuration first, for the figures are waited for.
tell_keeper rescue etc
tell_keeper rescue tsdb
mapfile -t ours <./monitors
host=127.0.0.1
if [[ $AIBENCH_LISTEN == node ]]; then host=$(own_address); fi
for name in prometheus grafana node; do renew_secret "$name" aibench; done
renew_secret collector

# Of each server, and again of one whose port was taken.
declare -A ports=()
choose_ports() { # NAME…
  local name fields=(host "$(json "$host")")
  for name in "$@"; do ports[$name]=$(free_port "$host"); done
  for name in "${!ports[@]}"; do fields+=("$name" "${ports[$name]}"); done
  write_json ports.json "${fields[@]}"
  "${ours[@]}" configure "$RUN_DIR" || give_up configuration 'the servers can not be configured'
}

# What runs it, in `command`.
command_of() { # NAME
  mapfile -t command <"$SCRATCH/etc/$1.command"
  if [[ -s $SCRATCH/etc/$1.image ]]; then
    bind_options "$RUN_DIR" "$SCRATCH"
    command=("${AIBENCH_APPTAINER:-apptainer}" exec --cleanenv "${BINDS[@]}" --pwd "$SCRATCH" "$(<"$SCRATCH/etc/$1.image")" "${command[@]}")
  fi
}

choose_ports prometheus node grafana collector collectorGrpc

# One that the plan does not have was given no command.
has() { [[ -s $SCRATCH/etc/$1.command ]]; } # NAME

launch() { # NAME
  local how=serve_optional
  if [[ $1 == prometheus ]]; then how=serve; fi
  listen_on "$1" "$(host_of "$1")"
  command_of "$1"
  "$how" "$1" "${command[@]}"
}

# The node exporter is asked by Prometheus beside it and by nobody else.
host_of() { if [[ $1 == node ]]; then printf 127.0.0.1; else printf '%s' "$host"; fi; } # NAME

# 0 when it answers, or listens where there is no path to ask for; the job ends here when Prometheus does not.
until_it_answers() { # NAME [PATH]
  local try test=until_listening
  if [[ -n ${2:-} ]]; then test=until_healthy; fi
  for try in 1 2 3; do
    if "$test" "$1" "${ports[$1]}" "${AIBENCH_READY_DEADLINE_S:-120}" "${@:2}"; then return 0; fi
    if [[ $1 == prometheus ]]; then end_unless_port_taken "$1" "$try"
    elif ((try == 3)) || ! port_was_taken "$1"; then return 1; fi
    if [[ $1 == collector ]]; then choose_ports collector collectorGrpc; else choose_ports "$1"; fi
    launch "$1"
  done
}

publish() { publish_endpoint "$1" http "$(host_of "$1")" "${ports[$1]}"; } # NAME

# On the same port: whoever was told of it finds it there again.
relaunch() { # NAME
  launch "$1"
  publish "$1"
}

watch() { assist_with agent "${ours[@]}" watch "$RUN_DIR"; }

# What was watched is kept. At the warning there is the time until the limit, but for what the servers take to end.
before_the_end() {
  local deadline=35
  if [[ $STOP_ASKED == time-limit ]] && ((${AIBENCH_WARNED_S:-0} - 25 > deadline)); then deadline=$((AIBENCH_WARNED_S - 25)); fi
  if is_alive agent; then kill -USR2 "${PIDS[agent]}" 2>/dev/null || true; fi
  unset 'AGAIN[agent]'
  within "$deadline" "${ours[@]}" archive "$RUN_DIR" || say 'what was watched could not be kept' >&2
}

# What ends is started again, so often and not more.
take_up() { # NAME [PATH]
  until_it_answers "$@" || return 0
  publish "$1"
  start_again "$1" 3 relaunch
}

# Settings of Grafana's that the user has for another one.
unset "${!GF_@}"

for name in prometheus node; do
  if has "$name"; then launch "$name"; fi
done
until_it_answers prometheus /-/ready
# They know the port of Prometheus, which is certain now. It is told of last, so that who waits for it finds the others too.
for name in collector grafana; do
  if has "$name"; then launch "$name"; fi
done
if has node; then take_up node /metrics; fi
if has collector; then take_up collector; fi
if has grafana; then take_up grafana /api/health; fi
publish prometheus
start_again prometheus 3 relaunch
watch
start_again agent 10 watch
stay
