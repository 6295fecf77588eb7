#!/bin/bash
# Runs a job script as the local scheduler's stand-in for slurmd: keeps the time limit, and outlives the shell it was started from.
# Arguments: RUN_DIR TIME_LIMIT_S WARN_S KILL_WAIT_S JOB_ID CLAIM
set -uo pipefail
umask 077
run_dir=$1 limit_s=$2 warn_s=$3 kill_wait_s=$4
# The mark by which the processes of the job are known.
export AIBENCH_LOCAL_JOB_ID=$5
claim=$6
# Who writes the claim runs the job: of two that start it, and of a start and a cancel, one. It appears whole: a file is linked to the
# name or, where there are no hard links, a folder renamed to it, which fails when there is one. Fields after the last bracket of stat:
# the 20th is the start in clock ticks.
read -r -a stat < <(sed 's/.*) //' "/proc/$$/stat")
holder="$$ ${stat[19]} $(date -u +%Y-%m-%dT%H:%M:%S.%3NZ)"
printf '%s\n' "$holder" >"$claim.$$" || exit 1
if ! ln "$claim.$$" "$claim" 2>/dev/null && [[ ! -e $claim ]]; then
  mkdir "$claim.$$.d" && printf '%s\n' "$holder" >"$claim.$$.d/holder" && mv -T "$claim.$$.d" "$claim" 2>/dev/null
fi
rm -rf "$claim.$$" "$claim.$$.d"
found=$claim
[[ ! -d $claim ]] || found=$claim/holder
[[ $(cat "$found" 2>/dev/null) == "$holder" ]] || exit 0
cd "$run_dir" || exit 1
# The one beside this file, which looks at what lies in the folder before it runs any of it.
setsid bash "${BASH_SOURCE%/*}/job.sh" "$run_dir" </dev/null >>"$run_dir/stdout.log" 2>>"$run_dir/stderr.log" &
job=$!
# The scheduler tells the supervisor; the supervisor tells the job's script, which tells the service.
trap 'kill -TERM "$job" 2>/dev/null' TERM INT
trap '' HUP

# Whatever process group it went to.
kill_all() {
  local file pid
  while read -r file; do
    pid=${file//[^0-9]/}
    [[ $pid == "$$" ]] || kill -KILL "$pid" 2>/dev/null
  done < <(grep -lzsx "AIBENCH_LOCAL_JOB_ID=$AIBENCH_LOCAL_JOB_ID" /proc/[0-9]*/environ)
}

end=$((SECONDS + limit_s))
warned='' told=''
while kill -0 "$job" 2>/dev/null; do
  left=$((end - SECONDS))
  if [[ -z $warned ]] && ((left <= warn_s)); then
    warned=yes
    kill -USR1 "$job" 2>/dev/null
  fi
  # A little after the warning, so that a short limit is not taken for somebody's stop.
  if ((left <= -2)) && [[ -z $told ]]; then
    told=yes
    kill -TERM "$job" 2>/dev/null
  fi
  if ((left <= -kill_wait_s)); then
    kill_all
    break
  fi
  # Not `wait`: a signal must not end the loop, and the limit must be looked at.
  sleep 0.2 &
  wait $!
done
wait "$job" 2>/dev/null
kill_all
