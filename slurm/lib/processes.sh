# shellcheck shell=bash disable=SC2034,SC2153 # the parts share their variables
# Processes whose end can be told exactly, and which can be found again wherever they went.

# Of the prologue, while it runs; of what the script runs.
PROLOGUE_PID='' SERVICE_PID=''

# A process in a session of its own. Its parent is one that never asks how a child ended, so the end stays to be read in /proc: `wait`
# can't tell an exit code of 137 from a KILL. Sets STARTED_PID.
declare -A PARENTS=()
start_process() { # COMMAND…
  local parent
  exec 8>&1
  read -r STARTED_PID parent < <(
    exec 9>&-
    # A shell asks for its children's ends as long as it is one: the command begins when its parent is none any more.
    # shellcheck disable=SC2016   # for the shell inside
    setsid bash -c 'until read -r parent <"/proc/$PPID/comm" && [[ $parent == sleep ]] || ((SECONDS > 10)); do :; done
      exec "$@"' start "$@" >&8 8>&- &
    printf '%s %s\n' "$!" "$BASHPID"
    trap '' TERM INT HUP USR1 USR2
    exec sleep infinity >/dev/null 2>&1 8>&-
  )
  exec 8>&-
  PARENTS[$STARTED_PID]=$parent
  tell_keeper parent "$parent"
  tell_keeper session "$STARTED_PID"
}

# What has ended and whose end was not read yet is there, but not alive.
alive() { # PID
  local stat
  { read -r stat <"/proc/$1/stat"; } 2>/dev/null || return 1
  stat=${stat##*) }
  [[ ${stat:0:1} != [ZX] ]]
}

# How a process of start_process ended, as waitpid would have said it: sets ENDED_CODE, ENDED_BY a signal and ENDED_HOW in words.
read_end() { # PID
  local stat fields status
  ENDED_CODE=null ENDED_BY=null ENDED_HOW='nobody knows how'
  if { read -r stat <"/proc/$1/stat"; } 2>/dev/null; then
    read -r -a fields <<<"${stat##*) }"
    status=${fields[49]:-0}
    if (((status & 127) > 0)); then
      ENDED_HOW="signal $(kill -l $((status & 127)))"
      ENDED_BY=\"${ENDED_HOW#signal }\"
    else
      ENDED_CODE=$((status >> 8))
      ENDED_HOW="exit code $ENDED_CODE"
    fi
  fi
  if [[ -n ${PARENTS[$1]:-} ]]; then kill -KILL "${PARENTS[$1]}" 2>/dev/null || true; fi
}

# Clock ticks since boot: tells a process from a later one of its number.
start_of() { # PID
  local stat fields
  { read -r stat <"/proc/$1/stat"; } 2>/dev/null || return 1
  read -r -a fields <<<"${stat##*) }"
  printf '%s' "${fields[19]}"
}

# A container's helpers leave the session of the service, and outlive its KILL: they are noted while they can be told.
declare -A NOTED=()
NOTED_AT=''
note_processes() {
  local pid start
  [[ -n $SERVICE_PID && $NOTED_AT != "$SECONDS" ]] || return 0
  NOTED_AT=$SECONDS
  while read -r pid; do
    if [[ -n ${NOTED[$pid]:-} ]] || ! start=$(start_of "$pid"); then continue; fi
    NOTED[$pid]=$start
    tell_keeper process "$pid"
  done < <(ps -e -o pid=,ppid=,sid= | awk -v root="$SERVICE_PID" '
    { parent[$1] = $2; session[$1] = $3 }
    END { for (pid in parent) { up = pid; while (up != root && up > 1 && up in parent) up = parent[up]; if (up == root && session[pid] != root) print pid } }')
}

# Nothing of the service lives on, whatever session it went to.
kill_service() {
  local pid
  [[ -n $SERVICE_PID ]] || return 0
  kill -KILL -- "-$SERVICE_PID" 2>/dev/null || true
  for pid in $(service_processes); do kill -KILL "$pid" 2>/dev/null || true; done
  for pid in "${!NOTED[@]}"; do
    if [[ $(start_of "$pid") == "${NOTED[$pid]}" ]]; then kill -KILL "$pid" 2>/dev/null || true; fi
  done
}

# A signal's trap runs at once. (Not `read -t`: a trap that reads takes its time-out away.)
pause() { # SECONDS
  sleep "$1" 9>&- &
  wait $! || true
}

# All processes of the service, whatever groups they went to.
service_processes() { ps -o pid= -s "$SERVICE_PID" 2>/dev/null || true; }
