# shellcheck shell=bash disable=SC2034,SC2153 # the parts share their variables
# Processes whose end can be told exactly, and which can be found again wherever they went.

# By process: the parent that it was given. By process that left its session: when it began, and the process it came from.
declare -A PARENTS=() STRAYS=()
STRAYS_AT=''

# A process in a session of its own. Its parent is one that never asks how a child ended, so the end stays to be read in /proc: `wait`
# can't tell an exit code of 137 from a KILL. Sets STARTED_PID.
start_process() { # COMMAND…
  local parent
  exec 8>&1
  read -r STARTED_PID parent < <(
    # A shell asks for its children's ends as long as it is one: the command begins when its parent is none any more. Till then the
    # keeper was told of it.
    # shellcheck disable=SC2016   # for the shell inside
    setsid bash -c 'until read -r parent <"/proc/$PPID/comm" && [[ $parent == sleep ]] || ((SECONDS > 10)); do :; done
      exec "$@"' start "$@" >&8 8>&- 9>&- &
    tell_keeper parent "$BASHPID"
    tell_keeper session "$!"
    printf '%s %s\n' "$!" "$BASHPID"
    trap '' TERM INT HUP USR1 USR2
    exec sleep infinity >/dev/null 2>&1 8>&- 9>&-
  )
  exec 8>&-
  PARENTS[$STARTED_PID]=$parent
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
  let_go "$1"
}

# Its number may be another's from now on.
let_go() { # PID
  if [[ -n ${PARENTS[$1]:-} ]]; then kill -KILL "${PARENTS[$1]}" 2>/dev/null || true; fi
  unset "PARENTS[$1]"
}

# Clock ticks since boot: tells a process from a later one of its number.
start_of() { # PID
  local stat fields
  { read -r stat <"/proc/$1/stat"; } 2>/dev/null || return 1
  read -r -a fields <<<"${stat##*) }"
  printf '%s' "${fields[19]}"
}

# All processes of a session, whatever groups they went to.
session_of() { ps -o pid= -s "$1" 2>/dev/null || true; }

# A container's helpers leave the session that they were started in, and outlive its KILL: they are noted while they can be told.
note_strays() {
  local pid root start
  ((${#PARENTS[@]} > 0)) && [[ $STRAYS_AT != "$SECONDS" ]] || return 0
  STRAYS_AT=$SECONDS
  while read -r pid root; do
    if [[ -n ${STRAYS[$pid]:-} ]] || ! start=$(start_of "$pid"); then continue; fi
    STRAYS[$pid]="$start $root"
    tell_keeper process "$pid"
  done < <(ps -e -o pid=,ppid=,sid= | awk -v roots="${!PARENTS[*]}" '
    BEGIN { split(roots, list); for (i in list) root[list[i]] }
    { parent[$1] = $2; session[$1] = $3 }
    END {
      for (pid in parent) {
        for (up = pid; !(up in root) && up > 1 && up in parent;) up = parent[up]
        if (up in root && session[pid] != up) print pid, up
      }
    }')
}

end_process() { # PID
  kill_all_of "$1"
  let_go "$1"
}

# Nothing of it lives on, whatever session it went to.
kill_all_of() { # PID
  local pid
  kill -KILL -- "-$1" 2>/dev/null || true
  for pid in $(session_of "$1"); do kill -KILL "$pid" 2>/dev/null || true; done
  for pid in "${!STRAYS[@]}"; do
    if [[ ${STRAYS[$pid]} == "$(start_of "$pid") $1" ]]; then kill -KILL "$pid" 2>/dev/null || true; fi
  done
}

# A signal's trap runs at once. (Not `read -t`: a trap that reads takes its time-out away.)
pause() { # SECONDS
  sleep "$1" 9>&- &
  wait $! || true
}
