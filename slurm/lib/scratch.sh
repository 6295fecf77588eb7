# shellcheck shell=bash disable=SC2034,SC2153 # the parts share their variables
# What lies on a node beside the run directory: a folder for temporary files, shared memory, a held cache. All of it goes with the job.

# Folder of this node for temporary files and caches, and shared memory that a server may leave behind.
SCRATCH='' OUTER_TMPDIR='' CACHE_LOCK=''
declare -A SHARED_MEMORY=()

# A short name: sockets are made in it, and their paths may have 107 letters only.
make_scratch() {
  local base=${TMPDIR:-/tmp}
  # shellcheck disable=SC2034   # for what a script starts on other nodes
  OUTER_TMPDIR=$base
  ((${#base} <= 40)) || base=/tmp
  sweep_scratch "$base"
  SCRATCH=$(mktemp -d "$base/aibench-XXXXXX")
  printf '%s %s %s\n' $$ "$(start_of $$)" "$(node_mark)" >"$SCRATCH/.owner"
  tell_keeper scratch "$SCRATCH"
}

# Where the numbers of processes mean the same: a boot of this node, and its process namespace.
node_mark() { printf '%s:%s' "$(cat /proc/sys/kernel/random/boot_id)" "$(readlink /proc/self/ns/pid)"; }

# Folders of jobs of ours that were killed here with all that was theirs.
sweep_scratch() { # BASE
  local file pid start mark
  for file in "$1"/aibench-??????/.owner; do
    if [[ ! -O $file ]] || ! read -r pid start mark <"$file"; then continue; fi
    [[ $mark == "$(node_mark)" && $(start_of "$pid") != "$start" ]] || continue
    rm -rf "${file%/.owner}"
  done
}

# Python's shared memory has random names and outlives its makers: noted while they live, removed when they are gone.
note_shared_memory() {
  local session pid file
  for session in "${!PARENTS[@]}"; do
    for pid in $(session_of "$session"); do
      while read -r file; do SHARED_MEMORY[$file]=yes; done < <(grep -o '/dev/shm/psm_[0-9a-f]*' "/proc/$pid/maps" 2>/dev/null)
    done
  done
}

# What was compiled is there for the next start.
let_cache_go() {
  if [[ -n $CACHE_LOCK ]]; then rm -rf "$CACHE_LOCK"; fi
  CACHE_LOCK=''
}

# Folders that a container is to see, and those of AIBENCH_BIND, one a line, as options of apptainer: in BINDS. In --bind a comma or a
# colon ends a path; --mount can quote them.
bind_options() { # FOLDER…
  local folder quoted
  BINDS=()
  while IFS= read -r folder; do
    [[ -n $folder ]] || continue
    quoted=${folder//\"/\"\"}
    if [[ $folder == *[,:]* ]]; then BINDS+=(--mount "type=bind,\"src=$quoted\",\"dst=$quoted\"")
    else BINDS+=(--bind "$folder"); fi
  done < <(printf '%s\n' "$@" "${AIBENCH_BIND:-}")
}

# At the end of what the job runs on this node: also of what had only just been started.
clean_node() {
  local pid
  for pid in "${!PARENTS[@]}"; do end_process "$pid"; done
  rm -f "exporter.$(node_name).json"
  if ((${#SHARED_MEMORY[@]} > 0)); then rm -f "${!SHARED_MEMORY[@]}"; fi
  if [[ -n $SCRATCH ]]; then rm -rf "$SCRATCH"; fi
  tell_keeper 'done'
}
