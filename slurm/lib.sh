# shellcheck shell=bash
# What every job script shares. A script does
#     source "$1/lib.sh"; begin SERVICE "$1"; serve COMMAND…; until_listening HOST PORT SECONDS; publish_endpoint …; stay
# and the run directory gets: the log markers, endpoint.json when the service listens, receipt.json when the job ends, whatever the cause.
#
# Settings come from RUN_DIR/job.env (0600), a line each, NAME=base64(value): any value survives and nothing is ever evaluated.
# Signals: TERM means stop (the service is told, waited for, killed at the deadline); USR1 means that the time limit is near.

RUN_DIR=''
SERVICE_PID=''
EXIT_CODE=null SIGNAL=null CAUSE=failed KILLED=false PHASE=starting STOP_ASKED=''
T_STARTED=null T_CONTAINER=null T_LOADED=null

now() { date -u +%Y-%m-%dT%H:%M:%S.%3NZ; }
say() { printf '%s aibench: %s\n' "$(now)" "$*"; }

# The markers are for people and for old tools; endpoint.json is what we read.
begin() { # SERVICE RUN_DIR
  RUN_DIR=$2
  umask 077
  T_STARTED=\"$(now)\"
  rm -f "$RUN_DIR/endpoint.json" "$RUN_DIR/receipt.json"
  trap write_receipt EXIT
  load_settings "$RUN_DIR/job.env"
  # The first reason stands: at the time limit the warning comes before the end.
  trap ': "${STOP_ASKED:=stopped}"; tell_service' TERM INT HUP
  trap ': "${STOP_ASKED:=time-limit}"; tell_service' USR1
  printf 'SLURM_JOB_ID: %s\nIP ADDRESS: %s\n' "$(job_id)" "$(own_address)"
  say "$1 on $(node_name), started"
}

load_settings() { # FILE
  local line name value
  while read -r line; do
    name=${line%%=*}
    [[ $name =~ ^[A-Z_][A-Z0-9_]*$ ]] || continue
    # The x keeps line ends at the end of a value, which $( ) would drop.
    value=$(printf '%s' "${line#*=}" | base64 -d && printf x)
    export "$name=${value%x}"
  done <"$1"
}

job_id() { printf '%s' "${SLURM_JOB_ID:-${AIBENCH_LOCAL_JOB_ID:-unknown}}"; }
node_name() { printf '%s' "${SLURMD_NODENAME:-$(uname -n)}"; }

own_address() {
  local all
  all=$(hostname -I 2>/dev/null || true)
  printf '%s' "${all%% *}"
}

# A port that nobody listens on now. Somebody else may take it before we do: the caller tries again with another.
free_port() {
  local port try
  for try in {1..50}; do
    port=$((20000 + (RANDOM * 32768 + RANDOM + try) % 40000))
    if ! (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
      printf '%s' "$port"
      return
    fi
  done
  say "no free port found" >&2
  return 1
}

# Runs the service in the background, in a process group of its own.
serve() { # COMMAND…
  PHASE=loading
  T_CONTAINER=\"$(now)\"
  setsid "$@" &
  SERVICE_PID=$!
}

service_alive() { [[ -n $SERVICE_PID ]] && kill -0 "$SERVICE_PID" 2>/dev/null; }

# 0 when it listens, 1 when it ended before or the deadline came.
until_listening() { # HOST PORT SECONDS
  local deadline=$((SECONDS + $3))
  until (exec 3<>"/dev/tcp/$1/$2") 2>/dev/null; do
    service_alive || return 1
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
  PHASE=ready
  T_LOADED=\"$(now)\"
  write_json endpoint.json "{\"jobId\":$(json "$(job_id)"),\"token\":$(json "$AIBENCH_TOKEN"),\"scheme\":\"$1\",\"host\":\"$2\",\"port\":$3,\
\"node\":$(json "$(node_name)"),\"ip\":$(json "$(own_address)"),\"pid\":$SERVICE_PID,\"startedAt\":$T_LOADED}"
  say "listens on $2:$3"
}

# Until the service ends, by itself or because it is told to.
stay() {
  wait_for_service
  if [[ -n $STOP_ASKED ]]; then
    CAUSE=$STOP_ASKED
    exit 0
  fi
  CAUSE='exit'
  say "the service ended by itself, exit code $EXIT_CODE" >&2
  # A service that ends unasked has failed, also when it says 0.
  [[ $EXIT_CODE == 0 ]] && exit 1
  [[ $EXIT_CODE =~ ^[0-9]+$ ]] && exit "$EXIT_CODE"
  exit 1
}

# wait returns early for every trapped signal: ask again until the process is really gone.
wait_for_service() {
  local code=0
  while service_alive; do wait "$SERVICE_PID" || true; done
  wait "$SERVICE_PID" || code=$?
  if ((code > 128)); then
    SIGNAL=\"$(kill -l $((code - 128)))\"
    EXIT_CODE=null
  else EXIT_CODE=$code; fi
}

# TERM now, KILL at the deadline; runs in the signal trap, while `stay` waits.
tell_service() {
  PHASE=stopping
  say "asked to end ($STOP_ASKED)"
  service_alive || exit 0
  kill -TERM -- "-$SERVICE_PID" 2>/dev/null || true
  local deadline=$((SECONDS + ${AIBENCH_STOP_DEADLINE_S:-20}))
  while service_alive && ((SECONDS < deadline)); do sleep 0.1; done
  if service_alive; then
    KILLED=true
    say "the service outlived its deadline, killed" >&2
    kill -KILL -- "-$SERVICE_PID" 2>/dev/null || true
  fi
}

# Whatever happened before: nothing of the service is left, and how it ended is on disk.
write_receipt() {
  local script_code=$?
  trap - TERM INT HUP USR1
  [[ -n $STOP_ASKED ]] && CAUSE=$STOP_ASKED
  if [[ -n $SERVICE_PID ]]; then
    kill -KILL -- "-$SERVICE_PID" 2>/dev/null || true
    wait "$SERVICE_PID" 2>/dev/null || true
  elif [[ $EXIT_CODE == null ]]; then EXIT_CODE=$script_code; fi
  rm -f "$RUN_DIR/endpoint.json"
  write_json receipt.json "{\"jobId\":$(json "$(job_id)"),\"token\":$(json "${AIBENCH_TOKEN:-}"),\"phase\":\"$PHASE\",\"exitCode\":$EXIT_CODE,\
\"signal\":$SIGNAL,\"cause\":\"$CAUSE\",\"killed\":$KILLED,\"node\":$(json "$(node_name)"),\"times\":{\"submitted\":$(json "${AIBENCH_SUBMITTED_AT:-}"),\
\"started\":$T_STARTED,\"containerStarted\":$T_CONTAINER,\"loaded\":$T_LOADED,\"ready\":null,\"ended\":\"$(now)\"}}"
  say "ended: $CAUSE"
}

# Seen whole or not at all.
write_json() { # NAME TEXT
  printf '%s\n' "$2" >"$RUN_DIR/.$1.$$"
  mv -f "$RUN_DIR/.$1.$$" "$RUN_DIR/$1"
}

json() { # TEXT
  local text=$1
  text=${text//\\/\\\\}
  text=${text//\"/\\\"}
  text=${text//$'\n'/\\n}
  text=${text//$'\t'/\\t}
  printf '"%s"' "$text"
}
