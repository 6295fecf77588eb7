# shellcheck shell=bash disable=SC2034,SC2153 # the parts share their variables
# How the job ended, in receipt.json, whatever the cause.

EXIT_CODE=null SIGNAL=null CAUSE=failed
T_STARTED=null

json_or_null() { if [[ -n $1 ]]; then json "$1"; else printf null; fi; }

# Whatever happened before: nothing of the service is left, and how it ended is on disk.
write_receipt() {
  local script_code=$?
  trap - TERM INT HUP USR1
  [[ -n $STOP_ASKED ]] && CAUSE=$STOP_ASKED
  if [[ -n $PROLOGUE_PID ]]; then kill -KILL -- "-$PROLOGUE_PID" 2>/dev/null || true; fi
  if [[ -n $SERVICE_PID ]]; then
    kill_service
    local deadline=$((SECONDS + 5))
    while service_alive && ((SECONDS < deadline)); do sleep 0.05; done
  elif [[ $EXIT_CODE == null ]]; then EXIT_CODE=$script_code; fi
  stop_helpers
  let_cache_go
  rm -f endpoint.json ./*.token ./*.header
  clean_node
  write_json receipt.json "{\"jobId\":$(json "$(job_id)"),\"token\":$(json "${AIBENCH_TOKEN:-}"),\"restarts\":${SLURM_RESTART_COUNT:-0},\"phase\":\"$PHASE\",\"exitCode\":$EXIT_CODE,\
\"signal\":$SIGNAL,\"cause\":\"$CAUSE\",\"member\":$(json_or_null "$MEMBER"),\"killed\":$KILLED,\"node\":$(json "$(node_name)"),\"times\":{\"submitted\":$(json "${AIBENCH_SUBMITTED_AT:-}"),\
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
