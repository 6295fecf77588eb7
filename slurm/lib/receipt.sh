# shellcheck shell=bash disable=SC2034,SC2153 # the parts share their variables
# How the job ended, in receipt.json, whatever the cause; and how a file of JSON is written.

EXIT_CODE=null SIGNAL=null CAUSE=failed
T_STARTED=null

# Whatever happened before: nothing of the job is left on this node, and how it ended is on disk.
write_receipt() {
  local script_code=$? name member=null ends=()
  trap '' TERM INT HUP USR1
  end_prologue
  end_members
  let_cache_go
  rm -f endpoint.*.json ./*.token ./*.header
  clean_node
  for name in "${MEMBERS[@]}"; do ends+=("$name" "$(end_of "$name")"); done
  if [[ -n $BLAMED ]]; then
    [[ $BLAMED == "$KIND" ]] || member=$(json "$BLAMED")
  elif [[ -n $STOP_ASKED ]]; then
    CAUSE=$STOP_ASKED
    # Of the first server; the helpers may have begun before it.
    for name in "${MEMBERS[@]}"; do
      [[ -z ${HELPERS[$name]} ]] || continue
      read -r EXIT_CODE SIGNAL _ <<<"${ENDS[$name]:-null null}"
      break
    done
  fi
  if ((${#MEMBERS[@]} == 0)); then EXIT_CODE=$script_code; fi
  write_own receipt.json \
    phase "\"$PHASE\"" exitCode "$EXIT_CODE" signal "$SIGNAL" cause "\"$CAUSE\"" member "$member" killed "$KILLED" \
    members "$(object "${ends[@]}")" node "$(json "$(node_name)")" \
    times "$(object submitted "$(json "${AIBENCH_SUBMITTED_AT:-}")" started "$T_STARTED" containerStarted "$T_CONTAINER" \
      loaded "$T_LOADED" ready null ended "\"$(now)\"")"
  say "ended: $CAUSE"
}

end_of() { # NAME
  local code signal
  read -r code signal _ <<<"${ENDS[$1]:-null null}"
  object exitCode "$code" signal "$signal" critical "${CRITICAL[$1]}"
}

# With what tells this submission and this life of the job from others.
write_own() { # FILE NAME VALUE…
  write_json "$1" jobId "$(json "$(job_id)")" token "$(json "${AIBENCH_TOKEN:-}")" restarts "${SLURM_RESTART_COUNT:-0}" "${@:2}"
}

# Seen whole or not at all.
write_json() { # FILE NAME VALUE…
  object "${@:2}" >".$1.$$"
  mv -f ".$1.$$" "$1"
}

# The values are JSON already.
object() { # NAME VALUE…
  local text=''
  while (($# > 0)); do
    text+=",$(json "$1"):$2"
    shift 2
  done
  printf '{%s}\n' "${text#,}"
}

json() { # TEXT
  local text=$1
  text=${text//\\/\\\\}
  text=${text//\"/\\\"}
  text=${text//$'\n'/\\n}
  text=${text//$'\t'/\\t}
  printf '"%s"' "$text"
}

json_or_null() { if [[ -n $1 ]]; then json "$1"; else printf null; fi; }
