# shellcheck shell=bash disable=SC2034,SC2153 # the parts share their variables
# A job that holds its nodes for others' work. A guest is a run directory of its own, with a script and a token of its own, that runs in
# here instead of in a job: a benchmark that finds its nodes at once. One at a time, in the order in which they were handed over.
# In guests/, by the name of each:
#     NAME.guest     handed over: its token, the seal of its files, its time limit in seconds or 0, its run directory, a line each
#     NAME.begun/    whose it is: begun.json, by the script that runs it, or by the command that stops it before it has begun. It appears
#                    whole and once, as a folder that is renamed to there, and stays: nothing runs twice, also in a later life of the job.
#     NAME.ended.json   its script has ended, however it did; a receipt is in its own folder if it could write one
# Its run directory gets, from whoever stops it, a file `stop`: TERM or KILL.

# The one at work: its name, its script's process, its folder and token, what it was told, and when it has to end.
GUEST='' GUEST_PID='' GUEST_DIR='' GUEST_TOKEN='' GUEST_TOLD='' GUEST_UNTIL=''
# The environment that the job was given, before settings and prologue: what a guest begins with.
SURROUNDINGS=()

note_surroundings() { mapfile -d '' -t SURROUNDINGS < <(env -0); }

# What the job has to prove before it is ready: its program runs to its end, and its failure is the job's. It may tell how far it is, as
# that of a benchmark: see run_to_end.
prove() { # COMMAND…
  mkdir -p progress
  export AIBENCH_PROGRESS=$RUN_DIR/progress
  serve "$KIND" "$@"
  while alive "${PIDS[$KIND]}"; do pause 0.2; done
  note_ends
  [[ ${ENDS[$KIND]} == '0 '* ]] || { members_alive || end_job; }
  # It is no member of what comes now.
  unset "PIDS[$KIND]" "ENDS[$KIND]"
  MEMBERS=()
}

publish_ready() { # DETAIL
  PHASE=ready T_LOADED=\"$(now)\"
  write_own ready.json detail "$(json "$1")" at "$T_LOADED"
  say "ready: $1"
}

# Until it is told to end, or a server that it has ends.
hold() {
  mkdir -p guests
  while members_alive; do
    look_after_guest
    [[ -n $GUEST ]] || begin_next_guest
    pause 0.5
  done
  end_job
}

begin_next_guest() {
  local file token seal limit dir
  for file in guests/*.guest; do
    if [[ ! -O $file || -e ${file%.guest}.begun ]]; then continue; fi
    { read -r token && read -r seal && read -r limit && read -r dir; } <"$file" || continue
    GUEST=${file#guests/} GUEST=${GUEST%.guest} GUEST_TOKEN=$token GUEST_DIR=$dir
    if claim_guest && begin_guest "$seal" "$limit"; then return; fi
    GUEST=''
  done
}

# Fails when somebody else has it: a command that stops it.
claim_guest() {
  local draft=guests/.$GUEST.$$
  rm -rf "$draft"
  mkdir "$draft"
  write_guest_file "$draft/begun.json" node "$(json "$(node_name)")" stopped false
  if mv -T "$draft" "guests/$GUEST.begun" 2>/dev/null; then return; fi
  rm -rf "$draft"
  return 1
}

# With the environment that the job had and nothing of ours. Its script is looked at before any of it runs, as that of a job.
begin_guest() { # SEAL SECONDS
  if [[ ! -O $GUEST_DIR ]]; then
    write_guest_file "guests/$GUEST.ended.json" exitCode 1 signal null
    return 1
  fi
  say "$GUEST begins"
  GUEST_TOLD='' GUEST_UNTIL='' STARTING=yes
  if (($2 > 0)); then GUEST_UNTIL=$((SECONDS + $2)); fi
  start_process bash -c "$(declare -f become_guest)"'; become_guest "$@"' guest "$1" "$GUEST_DIR" \
    7< <(printf '%s\0' "${SURROUNDINGS[@]}") >>"$GUEST_DIR/stdout.log" 2>>"$GUEST_DIR/stderr.log"
  GUEST_PID=$STARTED_PID STARTING=''
  if [[ -n $STOP_DUE ]]; then stop "$STOP_DUE"; fi
}

# In a process of its own. The variables come by the input 7: a command line is everybody's to read.
become_guest() { # SEAL RUN_DIR
  local all name
  mapfile -d '' -t all <&7
  exec 7<&-
  for name in $(compgen -e); do unset "$name" 2>/dev/null || true; done
  for name in "${all[@]}"; do
    if [[ $name =~ ^[A-Za-z_][A-Za-z0-9_]*= ]]; then export "${name?}" || true; fi
  done
  AIBENCH_SEAL=$1 exec bash ./job.sh "$2" </dev/null
}

look_after_guest() {
  local how=''
  [[ -n $GUEST ]] || return 0
  if ! alive "$GUEST_PID"; then
    note_guest_end
    return
  fi
  note_strays
  if [[ -O $GUEST_DIR/stop ]]; then read -r how <"$GUEST_DIR/stop" || true; fi
  if [[ $how == KILL ]]; then kill_all_of "$GUEST_PID"
  elif [[ -n $how && $GUEST_TOLD != TERM ]]; then
    GUEST_TOLD=TERM
    kill -TERM "$GUEST_PID" 2>/dev/null || true
  elif [[ -z $GUEST_TOLD && -n $GUEST_UNTIL ]] && ((SECONDS >= GUEST_UNTIL)); then
    GUEST_TOLD=USR1
    kill -USR1 "$GUEST_PID" 2>/dev/null || true
  fi
}

# Whatever its end was, nothing of it is left; what of it went astray is its own keeper's to end.
note_guest_end() {
  kill_all_of "$GUEST_PID"
  read_end "$GUEST_PID"
  write_guest_file "guests/$GUEST.ended.json" exitCode "$ENDED_CODE" signal "$ENDED_BY"
  say "$GUEST ended, $ENDED_HOW"
  GUEST='' GUEST_PID=''
}

# Before all else when the job ends. It ends with its allocation, and so it has no ended.json; at the time limit it is told why.
stop_guest() {
  local signal=TERM deadline=$((SECONDS + 30))
  if [[ -z $GUEST_PID ]] || ! alive "$GUEST_PID"; then return 0; fi
  if [[ $STOP_ASKED == time-limit ]]; then signal=USR1; fi
  kill "-$signal" "$GUEST_PID" 2>/dev/null || true
  while alive "$GUEST_PID" && ((SECONDS < deadline)); do sleep 0.1; done
  if alive "$GUEST_PID"; then
    KILLED=true
    say "$GUEST outlived its deadline, killed" >&2
  fi
  kill_all_of "$GUEST_PID"
  GUEST='' GUEST_PID=''
}

# As write_own, under the guest's token.
write_guest_file() { # FILE NAME VALUE…
  local draft=${1%/*}/.${1##*/}.$$
  object jobId "$(json "$(job_id)")" token "$(json "$GUEST_TOKEN")" restarts "${SLURM_RESTART_COUNT:-0}" at "\"$(now)\"" \
    "${@:2}" >"$draft"
  mv -f "$draft" "$1"
}
