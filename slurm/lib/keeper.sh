# shellcheck shell=bash disable=SC2034,SC2153 # the parts share their variables
# A KILL of the script can't be caught: beside the job waits a process, the keeper, that knows what then has to go. It reads what it must
# know from a pipe, whose end is the script's. It is this file, run in RUN_DIR.

start_keeper() {
  exec 9> >(
    # Not a child of the job, for who kills the job kills its children.
    (env -u AIBENCH_LOCAL_JOB_ID setsid bash ./lib/keeper.sh keep <&0 >/dev/null 2>&1 9>&- &)
  )
}

tell_keeper() { # session|process|parent PID | scratch DIR | rescue NAME | done
  # In a shell of its own: a keeper that is gone must end nothing of ours.
  (
    case $1 in
      session | process | parent) printf '%s %s %s\n' "$1" "$2" "$(start_of "$2")" ;;
      *) printf '%s\n' "$*" ;;
    esac >&9
  ) 2>/dev/null || true
}

# Ends with the script, or does what the script could not: only to what was named to it, and is the same process still.
keep() {
  local word what start pid scratch='' known=() rescued=()
  while read -r word what start; do
    case $word in
      session | process | parent) known+=("$word $what $start") ;;
      scratch) scratch=$what${start:+ $start} ;;
      rescue) rescued+=("$what") ;;
      done) return ;;
    esac
  done
  for signal in TERM KILL; do
    for one in "${known[@]}"; do
      read -r word pid start <<<"$one"
      if [[ $word == session && $(start_of "$pid" || printf '%s' "$start") == "$start" ]]; then
        for pid in $(ps -o pid= -s "$pid"); do kill "-$signal" "$pid"; done
      elif [[ ($word == process || $signal == KILL) && $(start_of "$pid") == "$start" ]]; then kill "-$signal" "$pid"; fi
    done
    for ((i = 0; i < 50; i++)); do
      if [[ $signal == KILL ]] || ! any_alive "${known[@]}"; then break; fi
      sleep 0.1
    done
  done
  [[ -n $scratch && $scratch == */aibench-?????? ]] || return
  for what in "${rescued[@]}"; do rescue "$scratch" "$what"; done
  rm -rf "$scratch"
}

# What is wanted of the scratch folder comes to RUN_DIR/rescued; what does not fit there stays where it is, until it is swept.
rescue() { # SCRATCH NAME
  [[ -d $1/$2 ]] || return 0
  mkdir -p rescued
  rm -rf "rescued/$2" "rescued/.$2"
  if cp -R -P --preserve=timestamps "$1/$2" "rescued/.$2"; then mv "rescued/.$2" "rescued/$2"; else rm -rf "rescued/.$2"; fi
}

any_alive() { # "session|process|parent PID START"…
  local one word pid start
  for one in "$@"; do
    read -r word pid start <<<"$one"
    if [[ $word != parent ]] && alive "$pid" && [[ $(start_of "$pid") == "$start" ]]; then return 0; fi
  done
  return 1
}

if [[ ${BASH_SOURCE[0]} == "$0" && ${1:-} == keep ]]; then
  # shellcheck source=slurm/lib/processes.sh
  source ./lib/processes.sh
  keep
fi
