# shellcheck shell=bash disable=SC2034,SC2153 # the parts share their variables
# What the job runs until it ends, by name: its servers, or the benchmark that it is, and the helpers that these need.
# A critical one takes the job with it when it ends; of another it is told and recorded, and the job goes on.
# The member with the name of the job's KIND logs to the job's own files, any other server to NAME.log.

# In the order of their start. By name: the process; true or false; yes for a helper; how it ended: `CODE SIGNAL in words`.
MEMBERS=()
declare -A PIDS=() CRITICAL=() HELPERS=() ENDS=()
# The critical one that ended unasked; or why all are asked to.
BLAMED='' STOP_ASKED=''
PHASE=starting KILLED=false
# By member: what starts it again when it ends unasked, and how often that may yet be.
declare -A AGAIN=() LIVES=()
# A process is being started, and is not on the list yet; a signal that came meanwhile.
STARTING='' STOP_DUE=''

serve() { start_server "$1" true "${@:2}"; }           # NAME COMMAND…
serve_optional() { start_server "$1" false "${@:2}"; } # NAME COMMAND…

# Runs beside the servers, outlives them, and is critical: a gate, a worker on another node.
help_with() { start_helper "$1" true "${@:2}"; } # NAME COMMAND…

# The same, and the job can do without it.
assist_with() { start_helper "$1" false "${@:2}"; } # NAME COMMAND…

start_helper() { # NAME CRITICAL COMMAND…
  STARTING=yes
  start_process "${@:3}"
  enlist "$1" "$2" yes
}

# When it ends unasked FUNCTION NAME starts it again, on the port that it had, so often and not more.
start_again() { AGAIN[$1]=$3 LIVES[$1]=$2; } # NAME TIMES FUNCTION

start_server() { # NAME CRITICAL COMMAND…
  STARTING=yes PHASE=loading T_CONTAINER=\"$(now)\"
  if [[ $1 == "$KIND" ]]; then start_process "${@:3}"; else start_process "${@:3}" >>"$1.log" 2>&1; fi
  enlist "$1" "$2" ''
}

# One that is started again, on another port, keeps its place.
enlist() { # NAME CRITICAL HELPER
  if [[ -z ${PIDS[$1]:-} ]]; then MEMBERS+=("$1"); elif [[ -z ${ENDS[$1]} ]]; then end_process "${PIDS[$1]}"; fi
  PIDS[$1]=$STARTED_PID CRITICAL[$1]=$2 HELPERS[$1]=$3 ENDS[$1]='' STARTING=''
  if [[ -n $STOP_DUE ]]; then stop "$STOP_DUE"; fi
}

is_alive() { [[ -n ${PIDS[$1]:-} && -z ${ENDS[$1]} ]] && alive "${PIDS[$1]}"; } # NAME

# What has ended leaves nothing behind, and how it ended is known. Sets JUST_ENDED.
note_ends() {
  local name
  JUST_ENDED=()
  for name in "${MEMBERS[@]}"; do
    if [[ -n ${ENDS[$name]} ]] || alive "${PIDS[$name]}"; then continue; fi
    kill_all_of "${PIDS[$name]}"
    read_end "${PIDS[$name]}"
    ENDS[$name]="$ENDED_CODE $ENDED_BY $ENDED_HOW"
    JUST_ENDED+=("$name")
  done
}

# 0 while all that are critical live; else one is to blame for the end of the job.
members_alive() {
  local name ended
  [[ -z $BLAMED ]] || return 1
  look_after_exporter
  note_ends
  for name in "${JUST_ENDED[@]}"; do
    revive "$name" || [[ ${CRITICAL[$name]} == true ]] || do_without "$name"
  done
  [[ -n $(to_blame) ]] || return 0
  if ((${#MEMBERS[@]} > 1)); then
    sleep 1
    note_ends
  fi
  BLAMED=$(to_blame)
  read -r EXIT_CODE SIGNAL ended <<<"${ENDS[$BLAMED]}"
  if [[ $PHASE == running && $BLAMED == "$KIND" && $EXIT_CODE == 0 ]]; then
    CAUSE=completed
  else
    CAUSE='exit'
    say "$BLAMED ended, $ended$(last_words "$BLAMED")" >&2
  fi
  return 1
}

# Fails for one that is not to be started again, or was often enough.
revive() { # NAME
  local ended
  [[ -n ${AGAIN[$1]:-} ]] && ((LIVES[$1] > 0)) || return 1
  LIVES[$1]=$((LIVES[$1] - 1))
  read -r _ _ ended <<<"${ENDS[$1]}"
  say "$1 ended, $ended$(last_words "$1"); it is started again" >&2
  "${AGAIN[$1]}" "$1"
}

# Told in ended.NAME.json: the receipt comes later.
do_without() { # NAME
  local code signal ended
  read -r code signal ended <<<"${ENDS[$1]}"
  rm -f "endpoint.$1.json"
  write_own "ended.$1.json" exitCode "$code" signal "$signal" at "\"$(now)\""
  say "$1 ended, $ended$(last_words "$1"); the job goes on without it" >&2
}

# Of those that ended, the first to be started: a server often ends because what it needs did, a moment before this is seen. One that
# said 0 is blamed when no other can be, but for a benchmark: its end is the job's.
to_blame() {
  local name well=''
  for name in "${MEMBERS[@]}"; do
    if [[ ${CRITICAL[$name]} == false || -z ${ENDS[$name]} ]]; then continue; fi
    if [[ $PHASE == running && $name == "$KIND" || ${ENDS[$name]} != '0 '* ]]; then
      printf '%s' "$name"
      return
    fi
    : "${well:=$name}"
  done
  printf '%s' "$well"
}

# The last line of its own log that looks like a reason; what runs on another node logs by that node's name.
last_words() { # NAME
  local log=${1##* }.log line
  [[ -s $log ]] || return 0
  line=$(grep -E '[A-Za-z]+(Error|Exception)\b|out of memory|not found|denied|fatal' "$log" |
    grep -vE ' (INFO|WARNING|DEBUG) ' | tail -n 1 | cut -c 1-300) || true
  if [[ -n $line ]]; then printf ': %s' "$line"; fi
}

# Until one that is critical ends by itself; the trap of a signal ends the job from in here.
stay() {
  while members_alive; do pause 0.3; done
  end_job
}

# After the end of the one that is blamed. Servers that have lost a helper can't end well, and would only log more trouble. A server that
# ends unasked has failed, also when it says 0.
end_job() {
  trap '' TERM INT HUP USR1 USR2
  before_the_end
  [[ -n ${HELPERS[$BLAMED]} ]] || stop_servers
  [[ $CAUSE != completed ]] || exit 0
  [[ $EXIT_CODE == [1-9]* ]] && exit "$EXIT_CODE"
  exit 1
}

# What a script has to do while its servers still serve. Signals are not heard any more; it must come to its end by itself.
before_the_end() { :; }

# Runs a command to its end, or to that of its time: 0 when it said 0.
within() { # SECONDS COMMAND…
  local deadline=$((SECONDS + $1))
  start_process "${@:2}"
  while alive "$STARTED_PID" && ((SECONDS < deadline)); do sleep 0.1; done
  kill_all_of "$STARTED_PID"
  while alive "$STARTED_PID" && ((SECONDS < deadline + 2)); do sleep 0.05; done
  read_end "$STARTED_PID"
  [[ $ENDED_CODE == 0 ]]
}

# The trap of all signals that end the job. The first reason stands: at the time limit the warning comes before the end.
stop() { # CAUSE
  if [[ -n $STARTING ]]; then
    : "${STOP_DUE:=$1}"
    return
  fi
  trap '' TERM INT HUP USR1 USR2
  STOP_ASKED=$1 PHASE=stopping
  say "asked to end ($STOP_ASKED)"
  before_the_end
  stop_servers
  exit 0
}

# TERM in the reverse order of their start, each when the one after it has ended or has had its share of the time; KILL at the deadline.
stop_servers() {
  local i name until deadline
  stop_guest
  deadline=$((SECONDS + ${AIBENCH_STOP_DEADLINE_S:-20}))
  note_strays
  for ((i = ${#MEMBERS[@]} - 1; i >= 0; i--)); do
    name=${MEMBERS[i]}
    if [[ -n ${HELPERS[$name]} ]] || ! is_alive "$name"; then continue; fi
    kill -TERM -- "-${PIDS[$name]}" 2>/dev/null || true
    until=$((SECONDS + (deadline - SECONDS) / (i + 1)))
    while is_alive "$name" && ((SECONDS < until)); do sleep 0.1; done
  done
  for name in "${MEMBERS[@]}"; do
    while [[ -z ${HELPERS[$name]} ]] && is_alive "$name"; do
      if ((SECONDS >= deadline)); then
        KILLED=true
        say "$name outlived its deadline, killed" >&2
        kill_all_of "${PIDS[$name]}"
        break
      fi
      sleep 0.1
    done
  done
}

# Whatever happened before: nothing of the members is left, and how they ended is known.
end_members() {
  local name deadline=$((SECONDS + 5))
  for name in "${MEMBERS[@]}"; do
    if [[ -n ${HELPERS[$name]} ]] || ! is_alive "$name"; then continue; fi
    kill_all_of "${PIDS[$name]}"
    while is_alive "$name" && ((SECONDS < deadline)); do sleep 0.05; done
  done
  # USR2 and not TERM: srun passes it on to what it runs; at a TERM or HUP it kills that.
  for name in "${MEMBERS[@]}"; do
    if [[ -n ${HELPERS[$name]} ]] && is_alive "$name"; then kill -USR2 "${PIDS[$name]}" 2>/dev/null || true; fi
  done
  deadline=$((SECONDS + 8))
  for name in "${MEMBERS[@]}"; do
    while is_alive "$name" && ((SECONDS < deadline)); do sleep 0.1; done
    if [[ -z ${ENDS[$name]} ]]; then kill_all_of "${PIDS[$name]}"; fi
  done
  deadline=$((SECONDS + 2))
  for name in "${MEMBERS[@]}"; do
    while is_alive "$name" && ((SECONDS < deadline)); do sleep 0.05; done
  done
  note_ends
}
