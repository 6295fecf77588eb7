# shellcheck shell=bash disable=SC2034,SC2153 # the parts share their variables
# What the job runs until it ends: the service and what has to live beside it.

T_CONTAINER=null T_LOADED=null KILLED=false PHASE=starting STOP_ASKED=''
# What has to live beside the service, by process: `worker on NODE`, `gate`. One that ends takes the job with it, and is MEMBER then.
declare -A HELPERS=()
MEMBER=''

# Runs the service in the background, in a process group of its own.
serve() { # COMMAND…
  PHASE=loading
  T_CONTAINER=\"$(now)\"
  start_process "$@"
  SERVICE_PID=$STARTED_PID
}

# Runs beside the service until the job ends.
help_with() { # NAME COMMAND…
  start_process "${@:2}"
  HELPERS[$STARTED_PID]=$1
}

# 0 while all that should live lives; else the first one that ended is named, and the job is to end.
helpers_alive() {
  local pid
  for pid in "${!HELPERS[@]}"; do
    alive "$pid" && continue
    [[ -z $STOP_ASKED ]] || continue
    read_end "$pid"
    CAUSE=helper MEMBER=${HELPERS[$pid]} EXIT_CODE=$ENDED_CODE SIGNAL=$ENDED_BY
    say "$MEMBER ended, $ENDED_HOW$(last_words "${MEMBER##* }")" >&2
    unset "HELPERS[$pid]"
    return 1
  done
}

# The last line of a node's log that looks like a reason.
last_words() { # NODE
  local line
  [[ -s $RUN_DIR/$1.log ]] || return 0
  line=$(grep -E '[A-Za-z]+(Error|Exception)\b|out of memory|not found|denied|fatal' "$RUN_DIR/$1.log" | grep -vE ' (INFO|WARNING|DEBUG) ' | tail -n 1 | cut -c 1-300) || true
  if [[ -n $line ]]; then printf ': %s' "$line"; fi
}

# Whether the process that listens is one of ours: a port that was free when we looked may have become another's.
listens_for_us() { # PORT
  local inode pid
  # Of the service's network, which may be one of its own.
  inode=$(awk -v port="$(printf ':%04X' "$1")" '$4 == "0A" && substr($2, 9) == port { print $10; exit }' "/proc/$SERVICE_PID/net/tcp" 2>/dev/null) || true
  [[ -n $inode ]] || return 1
  for pid in $(service_processes); do
    [[ -z $(find "/proc/$pid/fd" -lname "socket:\[$inode\]" 2>/dev/null) ]] || return 0
  done
  return 1
}

# The status code of a GET; nothing when there is no answer.
http_status() { # HOST PORT PATH
  (
    exec 3<>"/dev/tcp/$1/$2"
    printf 'GET %s HTTP/1.0\r\nHost: %s\r\n\r\n' "$3" "$1" >&3
    read -r -t 5 _ code _ <&3
    printf '%s' "$code"
  ) 2>/dev/null || true
}

# 0 when it is ours and GET /health says 200; 1 when it, or what it needs, ended before or the deadline came.
until_healthy() { # PORT SECONDS
  local deadline=$((SECONDS + $2))
  until listens_for_us "$1" && [[ $(http_status 127.0.0.1 "$1" /health) == 200 ]]; do
    service_alive && helpers_alive || return 1
    note_shared_memory
    note_processes
    if ((SECONDS >= deadline)); then
      CAUSE=not-ready
      say "does not answer on 127.0.0.1:$1 after $2 s" >&2
      return 1
    fi
    sleep 0.5
  done
  note_shared_memory
}

service_alive() { [[ -n $SERVICE_PID ]] && alive "$SERVICE_PID"; }

# 0 when it listens and is ours, 1 when it ended before or the deadline came.
until_listening() { # HOST PORT SECONDS
  local deadline=$((SECONDS + $3))
  # shellcheck disable=SC2016   # for the shell inside
  until listens_for_us "$2" && beside_service bash -c 'exec 3<>"/dev/tcp/$0/$1"' "$1" "$2" 2>/dev/null; do
    service_alive || return 1
    note_processes
    if ((SECONDS >= deadline)); then
      CAUSE=not-ready
      say "does not listen on $1:$2 after $3 s" >&2
      return 1
    fi
    sleep 0.1
  done
  service_alive
}

# The process that listens: with an image it is a descendant of ours, and it is the one to be measured; the group leader is a good start.
publish_endpoint() { # SCHEME HOST PORT
  local exposed=''
  if [[ -n $GATE_HOST ]]; then exposed=",\"exposed\":{\"host\":\"$GATE_HOST\",\"port\":$GATE_PORT$REACHED_FROM}"; fi
  note_processes
  PHASE=ready
  let_cache_go
  T_LOADED=\"$(now)\"
  write_json endpoint.json "{\"jobId\":$(json "$(job_id)"),\"token\":$(json "$AIBENCH_TOKEN"),\"restarts\":${SLURM_RESTART_COUNT:-0},\"scheme\":\"$1\",\"host\":\"$2\",\"port\":$3,\
\"node\":$(json "$(node_name)"),\"ip\":$(json "$(own_address)"),\"pid\":$SERVICE_PID,\"startedAt\":$T_LOADED,\"closed\":$CLOSED$exposed}"
  say "listens on $2:$3"
}

# Until the service ends, by itself or because it is told to.
stay() {
  wait_for_service
  if [[ $CAUSE == helper ]]; then exit 1; fi
  if [[ -n $STOP_ASKED ]]; then
    CAUSE=$STOP_ASKED
    exit 0
  fi
  CAUSE='exit'
  say "the service ended by itself, $ENDED_HOW" >&2
  # A service that ends unasked has failed, also when it says 0.
  [[ $EXIT_CODE == 0 ]] && exit 1
  [[ $EXIT_CODE =~ ^[0-9]+$ ]] && exit "$EXIT_CODE"
  exit 1
}

wait_for_service() {
  while service_alive; do
    pause 0.3
    helpers_alive || kill_service
  done
  # What ended first is to blame: a service often ends because its worker did, and a moment before this is seen.
  if [[ -z $STOP_ASKED && $CAUSE != helper ]] && ((${#HELPERS[@]} > 0)); then
    sleep 1
    helpers_alive || true
  fi
  read_end "$SERVICE_PID"
  if [[ $CAUSE != helper ]]; then EXIT_CODE=$ENDED_CODE SIGNAL=$ENDED_BY; fi
}

# TERM now, KILL at the deadline; runs in the signal trap, while `stay` waits.
tell_service() {
  PHASE=stopping
  say "asked to end ($STOP_ASKED)"
  service_alive || exit 0
  note_processes
  kill -TERM -- "-$SERVICE_PID" 2>/dev/null || true
  local deadline=$((SECONDS + ${AIBENCH_STOP_DEADLINE_S:-20}))
  while service_alive && ((SECONDS < deadline)); do sleep 0.1; done
  if service_alive; then
    KILLED=true
    say "the service outlived its deadline, killed" >&2
    kill_service
  fi
}

# The end of what a job runs on a further node.
leave_node() {
  local code=$?
  if [[ -n $PROLOGUE_PID ]]; then kill -KILL -- "-$PROLOGUE_PID" 2>/dev/null || true; fi
  kill_service
  clean_node
  exit "$code"
}

# USR2 and not TERM: srun passes it on to what it runs; at a TERM or HUP it kills that.
stop_helpers() {
  local pid deadline=$((SECONDS + 8))
  for pid in "${!HELPERS[@]}"; do kill -USR2 "$pid" 2>/dev/null || true; done
  for pid in "${!HELPERS[@]}"; do
    while alive "$pid" && ((SECONDS < deadline)); do sleep 0.1; done
    kill -KILL -- "-$pid" 2>/dev/null || true
  done
}
