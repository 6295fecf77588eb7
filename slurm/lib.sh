# shellcheck shell=bash
# What every job script shares. A script does
#     source "$1/lib.sh"; begin SERVICE "$1"; serve COMMAND…; until_listening HOST PORT SECONDS; publish_endpoint …; stay
# and the run directory gets: the log markers, endpoint.json when the service listens, receipt.json when the job ends, whatever the cause.
#
# The script stands in RUN_DIR all its life.
# Settings come from RUN_DIR/job.env (0600), a line each, NAME=base64(value): any value survives and nothing is ever evaluated.
# Secrets are files NAME.token and NAME.header in RUN_DIR, gone when the job ends.
# Signals: TERM means stop (the service is told, waited for, killed at the deadline); USR1 means that the time limit is near.

RUN_DIR=''
SERVICE_PID='' PROLOGUE_PID='' OWN_ADDRESS='' REACHED_FROM='' CACHE_LOCK=''
# Whether the service has a network of its own; where the gate before it listens.
CLOSED=false GATE_HOST='' GATE_PORT=''
EXIT_CODE=null SIGNAL=null CAUSE=failed KILLED=false PHASE=starting STOP_ASKED=''
T_STARTED=null T_CONTAINER=null T_LOADED=null
# What has to live beside the service, by process: `worker on NODE`, `gate`. One that ends takes the job with it, and is MEMBER then.
declare -A HELPERS=()
MEMBER=''
# Folder of this node for temporary files and caches, and shared memory that the service may leave behind.
SCRATCH='' OUTER_TMPDIR=''
declare -A SHARED_MEMORY=()

now() { date -u +%Y-%m-%dT%H:%M:%S.%3NZ; }
say() { printf '%s aibench: %s\n' "$(now)" "$*"; }

# The markers are for people and for old tools; endpoint.json is what we read.
begin() { # SERVICE RUN_DIR
  RUN_DIR=$2
  umask 077
  T_STARTED=\"$(now)\"
  rm -f "$RUN_DIR/endpoint.json" "$RUN_DIR/receipt.json" "$RUN_DIR"/node.*.json
  start_keeper
  trap write_receipt EXIT
  # The locale was for sbatch; the user's own is in the settings.
  unset LC_ALL
  load_settings job.env
  # The first reason stands: at the time limit the warning comes before the end.
  trap ': "${STOP_ASKED:=stopped}"; tell_service' TERM INT HUP
  trap ': "${STOP_ASKED:=time-limit}"; tell_service' USR1
  OWN_ADDRESS=$(find_address '')
  printf 'SLURM_JOB_ID: %s\nIP ADDRESS: %s\n' "$(job_id)" "$OWN_ADDRESS"
  say "$1 on $(node_name), started"
  run_prologue
  note_node
}

# What a prologue may not change: the script's own variables, and what belongs to the shell that ran it.
OWN_NAMES='AIBENCH_*|SLURM_*|BASH*|RUN_DIR|SERVICE_PID|PROLOGUE_PID|OWN_ADDRESS|REACHED_FROM|CACHE_LOCK|EXIT_CODE|SIGNAL|CAUSE|KILLED|PHASE|STOP_ASKED|T_*|HELPERS|SCRATCH|OUTER_TMPDIR|SHARED_MEMORY|OWN_NAMES|IFS|PWD|OLDPWD|SHLVL|_'

# The user's prologue runs in a shell of its own, with `module` where the site has it; what it exports is taken over, what it unset goes.
run_prologue() {
  [[ -s prologue.sh ]] || return 0
  local began=$SECONDS code=0 after name value line
  local -A wanted=()
  after=.prologue.$(node_name).$$
  # shellcheck disable=SC2016   # for the other shell
  setsid bash -c '
    for init in "${MODULESHOME:-/nowhere}/init/bash" /etc/profile.d/*lmod*.sh /etc/profile.d/modules.sh /usr/share/lmod/lmod/init/bash; do
      if ! type module >/dev/null 2>&1 && [[ -r $init ]]; then source "$init" >/dev/null 2>&1; fi
    done
    source "$1" && env -0 >&7' prologue ./prologue.sh </dev/null 7>"$after" &
  PROLOGUE_PID=$!
  wait "$PROLOGUE_PID" || code=$?
  PROLOGUE_PID=''
  if ((code != 0)) || [[ ! -s $after ]]; then
    rm -f "$after"
    CAUSE=prologue
    say "the prologue failed, exit code $code" >&2
    exit 1
  fi
  while IFS= read -r -d '' line; do
    name=${line%%=*}
    value=${line#*=}
    [[ $name =~ ^[A-Za-z_][A-Za-z0-9_]*$ ]] || continue
    # shellcheck disable=SC2053   # a pattern on purpose
    [[ $name == @($OWN_NAMES) ]] && continue
    wanted[$name]=yes
    export "$name=$value"
  done <"$after"
  rm -f "$after"
  while read -r name; do
    # shellcheck disable=SC2053
    [[ $name == @($OWN_NAMES) || -n ${wanted[$name]:-} ]] || unset "$name"
  done < <(compgen -e)
  say "prologue took $((SECONDS - began)) s"
}

load_settings() { # FILE
  local line name value
  while read -r line; do
    name=${line%%=*}
    [[ $name =~ ^[A-Za-z_][A-Za-z0-9_]*$ ]] || continue
    # The x keeps line ends at the end of a value, which $( ) would drop.
    value=$(printf '%s' "${line#*=}" | base64 -d && printf x)
    export "$name=${value%x}"
  done <"$1"
}

job_id() { printf '%s' "${SLURM_JOB_ID:-${AIBENCH_LOCAL_JOB_ID:-unknown}}"; }
node_name() { printf '%s' "${SLURMD_NODENAME:-$(uname -n)}"; }

# The address of this node that others reach it by: on the interface that was asked for; else the one that the user names
# (VLLM_HOST_IP), where it is one of ours; else that from which packets leave for PEER, by default the host of the submission; else the
# first that is on no bridge. The first of `hostname -I` may be docker0, which is the same on every node.
own_address() {
  [[ -n $OWN_ADDRESS ]] || OWN_ADDRESS=$(find_address "")
  printf '%s' "$OWN_ADDRESS"
}

find_address() { # PEER
  local all asked=${AIBENCH_INTERFACE:-} found='' peer
  all=$(addresses)
  if [[ -n $asked ]]; then
    found=$(address_on "$asked" <<<"$all") || true
    if [[ -z $found ]]; then
      say "no interface \"$asked\" with an IPv4 address on $(node_name): $(awk '{ printf "%s%s %s", sep, $1, $2; sep = ", " }' <<<"$all")" >&2
      return 1
    fi
    printf '%s' "$found"
    return
  fi
  if [[ -n ${VLLM_HOST_IP:-} ]] && awk -v a="$VLLM_HOST_IP" '{ split($2, p, "/"); if (p[1] == a) ok = 1 } END { exit !ok }' <<<"$all"; then
    printf '%s' "$VLLM_HOST_IP"
    return
  fi
  for peer in "$1" "${SLURM_SUBMIT_HOST:-}" 192.0.2.1; do
    [[ -n $peer ]] || continue
    found=$(address_towards "$peer") || true
    [[ -z $found || $found == 127.* ]] || { printf '%s' "$found"; return; }
  done
  found=$(awk '$3 != "bridge" { split($2, p, "/"); print p[1]; exit }' <<<"$all")
  if [[ -z $found ]]; then found=$(hostname -I 2>/dev/null) || true; fi
  printf '%s' "${found%% *}"
}

# NAME ADDRESS/BITS KIND of each interface but the loopback.
addresses() {
  local name address kind
  while read -r _ name _ address _; do
    kind=plain
    if [[ -d /sys/class/net/$name/bridge || $name =~ ^(docker|br-|virbr|cni|flannel|veth|podman|lxc|lxdbr|kube) ]]; then kind=bridge; fi
    printf '%s %s %s\n' "$name" "$address" "$kind"
  done < <(PATH=$PATH:/usr/sbin:/sbin ip -o -4 address show scope global 2>/dev/null)
}

# The first of `addresses` that is on an interface of that name or in that network.
address_on() { # NAME|CIDR
  awk -v asked="$1" '
    function number(text,  part) { split(text, part, "."); return ((part[1] * 256 + part[2]) * 256 + part[3]) * 256 + part[4] }
    BEGIN { cidr = asked ~ /^[0-9.]+(\/[0-9]+)?$/; if (cidr) { split(asked, n, "/"); bits = asked ~ /\// ? n[2] : 32; size = 2 ^ (32 - bits) } }
    { split($2, p, "/") }
    cidr ? int(number(p[1]) / size) == int(number(n[1]) / size) : $1 == asked { print p[1]; found = 1; exit }
    END { exit !found }'
}

# The address that packets for PEER would bear.
address_towards() { # PEER
  local address=$1
  if [[ ! $address =~ ^[0-9.]+$ ]]; then address=$(timeout 5 getent ahostsv4 "$1" | awk '{ print $1; exit }') || return 1; fi
  [[ -n $address ]] || return 1
  PATH=$PATH:/usr/sbin:/sbin ip -o -4 route get "$address" 2>/dev/null | sed -n 's/.* src \([0-9.]*\).*/\1/p'
}

# What this node is, as it says it itself, into node.NAME.json: what was asked for is not always what one gets.
note_node() {
  local cpu='' memory=null gpus='' from='' trouble='' visible=null
  cpu=$(awk -F ': *' '/^model name/ { print $2; exit }' /proc/cpuinfo 2>/dev/null) || true
  memory=$(awk '/^MemTotal:/ { print int($2 / 1024) }' /proc/meminfo 2>/dev/null) || true
  if gpus=$(nvidia_gpus); then from=nvidia-smi
  elif [[ $? == 2 ]]; then trouble="nvidia-smi: ${gpus:0:200}" gpus=''
  elif gpus=$(amd_gpus); then from=rocm-smi
  else gpus=''; fi
  local name
  for name in CUDA_VISIBLE_DEVICES ROCR_VISIBLE_DEVICES HIP_VISIBLE_DEVICES; do
    if [[ -n ${!name+set} ]]; then visible=$(json "${!name}"); break; fi
  done
  write_json "node.$(node_name).json" "{\"schema\":\"aibench/node/1\",\"jobId\":$(json "$(job_id)"),\"node\":$(json "$(node_name)"),\
\"cpu\":$(json_or_null "$cpu"),\"cores\":$(nproc 2>/dev/null || echo null),\"memoryMiB\":${memory:-null},\"gpus\":[$gpus],\
\"gpusFrom\":$(json_or_null "$from"),\"gpuTrouble\":$(json_or_null "$trouble"),\"visible\":$visible}"
}

json_or_null() { if [[ -n $1 ]]; then json "$1"; else printf null; fi; }

# The GPUs as JSON objects. 1: there is no nvidia-smi; 2: it fails, and this is what it says.
nvidia_gpus() {
  local out listed index name uuid memory driver separator='' card=''
  command -v nvidia-smi >/dev/null 2>&1 || return 1
  # A broken driver makes it hang.
  out=$(timeout -k 2 20 nvidia-smi --query-gpu=index,name,uuid,memory.total,driver_version --format=csv,noheader,nounits 2>&1) || { printf '%s' "${out:-no answer in 20 s}"; return 2; }
  while IFS=, read -r index name uuid memory driver; do
    index=${index// /} name=${name# } uuid=${uuid// /} memory=${memory// /} driver=${driver// /}
    [[ $index =~ ^[0-9]+$ ]] || continue
    gpu_json "$separator" "$index" "$name" "$uuid" "$memory" "$driver"
    separator=,
  done <<<"$out"
  # Parts of a GPU are named by the list only.
  [[ ${CUDA_VISIBLE_DEVICES:-} == *MIG-* ]] || return 0
  listed=$(timeout -k 2 20 nvidia-smi -L 2>/dev/null) || return 0
  while read -r name; do
    if [[ $name =~ ^GPU\ ([0-9]+):\ (.*)\ \(UUID ]]; then index=${BASH_REMATCH[1]} card=${BASH_REMATCH[2]}
    elif [[ $name =~ ^(MIG\ [^ ]+)\ +Device\ +([0-9]+):\ \(UUID:\ ([^\)]+)\) ]]; then
      gpu_json "$separator" "$index:${BASH_REMATCH[2]}" "$card ${BASH_REMATCH[1]}" "${BASH_REMATCH[3]}" '' "$driver"
      separator=,
    fi
  done <<<"$listed"
}

gpu_json() { # SEPARATOR INDEX NAME UUID MEMORY DRIVER
  local memory=null
  if [[ $5 =~ ^[0-9]+$ ]]; then memory=$5; fi
  printf '%s{"index":%s,"name":%s,"uuid":%s,"memoryMiB":%s,"driver":%s}' "$1" "$(json "$2")" "$(json "$3")" "$(json "$4")" "$memory" "$(json_or_null "$6")"
}

# AMD's: a card a line, the columns named by the first one, and differently by its versions.
amd_gpus() {
  local out driver
  command -v rocm-smi >/dev/null 2>&1 || return 1
  out=$(timeout -k 2 20 rocm-smi --showproductname --showuniqueid --csv 2>/dev/null) || return 1
  driver=$(cat /sys/module/amdgpu/version 2>/dev/null) || true
  out=$(awk -F, '
    /^device/ { for (i = 1; i <= NF; i++) { if (tolower($i) ~ /card series/) n = i; if (tolower($i) ~ /unique id/) u = i }; next }
    /^card[0-9]/ && n { print substr($1, 5) "," $n "," (u ? $u : "card" substr($1, 5)) }' <<<"$out")
  [[ -n $out ]] || return 1
  local index name uuid separator=''
  while IFS=, read -r index name uuid; do
    gpu_json "$separator" "$index" "$name" "${uuid// /}" '' "$driver"
    separator=,
  done <<<"$out"
}

# The interface that has our address; nothing where that is not to be found out.
own_interface() { # ADDRESS
  PATH=$PATH:/usr/sbin:/sbin ip -o -4 address show 2>/dev/null | awk -v address="$1" '{ split($4, part, "/"); if (part[1] == address) { print $2; exit } }'
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
  start_process "$@"
  SERVICE_PID=$STARTED_PID
}

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

# A KILL of this script can't be caught: beside the job waits a process that knows what then has to go. It reads what it must know from
# a pipe, whose end is ours.
start_keeper() {
  exec 9> >(
    # Not a child of the job, for who kills the job kills its children.
    (env -u AIBENCH_LOCAL_JOB_ID setsid bash ./lib.sh keep <&0 >/dev/null 2>&1 9>&- &)
  )
}

tell_keeper() { # session|process|parent PID | scratch DIR | done
  # In a shell of its own: a keeper that is gone must end nothing of ours.
  (
    case $1 in
      session | process | parent) printf '%s %s %s\n' "$1" "$2" "$(start_of "$2")" ;;
      *) printf '%s\n' "$*" ;;
    esac >&9
  ) 2>/dev/null || true
}

# The keeper: ends with the script, or does what the script could not. Only what was named to it, and is the same process still.
keep() {
  local word what start pid scratch='' known=()
  while read -r word what start; do
    case $word in
      session | process | parent) known+=("$word $what $start") ;;
      scratch) scratch=$what${start:+ $start} ;;
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
  [[ -z $scratch || $scratch != */aibench-?????? ]] || rm -rf "$scratch"
}

any_alive() { # "session|process|parent PID START"…
  local one word pid start
  for one in "$@"; do
    read -r word pid start <<<"$one"
    if [[ $word != parent ]] && alive "$pid" && [[ $(start_of "$pid") == "$start" ]]; then return 0; fi
  done
  return 1
}

# A signal's trap runs at once. (Not `read -t`: a trap that reads takes its time-out away.)
pause() { # SECONDS
  sleep "$1" 9>&- &
  wait $! || true
}

# A network of its own for the service, without root: its loopback is nobody else's on this node. Not every node allows it, nor can every
# container run in one, so the command is tried first.
serve_closed() { # COMMAND… -- ARGUMENT…
  local command=()
  while [[ $1 != -- ]]; do command+=("$1") && shift; done
  # shellcheck disable=SC2016   # for the shell inside
  local alone=(unshare --user --map-root-user --net -- bash -c 'PATH=$PATH:/usr/sbin:/sbin ip link set lo up && exec "$@"' alone)
  if "${alone[@]}" "${command[@]}" --version >/dev/null 2>&1; then
    CLOSED=true
    serve "${alone[@]}" "${command[@]}" "${@:2}"
  else
    say 'this node allows no network of its own: the service is open to every user of the node' >&2
    serve "${command[@]}" "${@:2}"
  fi
}

# Runs a command in the service's network.
beside_service() { # COMMAND…
  if [[ $CLOSED == true ]]; then nsenter --target "$SERVICE_PID" --user --net --preserve-credentials -- "$@"; else "$@"; fi
}

# The door for everybody else: it asks for a token, and knows the server's own where that has one.
open_gate() { # HOST PORT
  local gate inside=()
  renew_secret gate
  mapfile -t gate <./gate
  if [[ $CLOSED == true ]]; then inside=(--inside "$SERVICE_PID"); fi
  GATE_HOST=$1 GATE_PORT=$(free_port)
  help_with gate "${gate[@]}" --listen "$GATE_HOST:$GATE_PORT" --target "http://127.0.0.1:$2" "${inside[@]}"
  until (exec 3<>"/dev/tcp/$GATE_HOST/$GATE_PORT") 2>/dev/null; do
    helpers_alive || exit 1
    sleep 0.1
  done
}

# Runs beside the service until the job ends.
help_with() { # NAME COMMAND…
  start_process "${@:2}"
  HELPERS[$STARTED_PID]=$1
}

# 0 while all that should live lives; else the first one that ended is named, and the job is to end.
helpers_alive() {
  local pid
  for pid in "${!HELPERS[@]}"; do
    alive "$pid" && continue
    [[ -z $STOP_ASKED ]] || continue
    read_end "$pid"
    CAUSE=helper MEMBER=${HELPERS[$pid]} EXIT_CODE=$ENDED_CODE SIGNAL=$ENDED_BY
    say "$MEMBER ended, $ENDED_HOW$(last_words "${MEMBER##* }")" >&2
    unset "HELPERS[$pid]"
    return 1
  done
}

# The last line of a node's log that looks like a reason.
last_words() { # NODE
  local line
  [[ -s $RUN_DIR/$1.log ]] || return 0
  line=$(grep -E '[A-Za-z]+(Error|Exception)\b|out of memory|not found|denied|fatal' "$RUN_DIR/$1.log" | grep -vE ' (INFO|WARNING|DEBUG) ' | tail -n 1 | cut -c 1-300) || true
  if [[ -n $line ]]; then printf ': %s' "$line"; fi
}

# A job that was requeued has removed its secrets at its first end: it runs again with new ones.
renew_secret() { # NAME
  [[ ! -s $1.token ]] || return 0
  head -c 32 /dev/urandom | base64 | tr -d '\n=' | tr '+/' '-_' >"$1.token"
  printf 'Authorization: Bearer %s\n' "$(<"$1.token")" >"$1.header"
}

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

# All processes of the service, whatever groups they went to.
service_processes() { ps -o pid= -s "$SERVICE_PID" 2>/dev/null || true; }

# Python's shared memory has random names and outlives its makers: noted while they live, removed when they are gone.
note_shared_memory() {
  local pid file
  for pid in $(service_processes); do
    while read -r file; do SHARED_MEMORY[$file]=yes; done < <(grep -o '/dev/shm/psm_[0-9a-f]*' "/proc/$pid/maps" 2>/dev/null | sort -u)
  done
}

# Whether the process that listens is one of ours: a port that was free when we looked may have become another's.
listens_for_us() { # PORT
  local inode pid
  # Of the service's network, which may be one of its own.
  inode=$(awk -v port="$(printf ':%04X' "$1")" '$4 == "0A" && substr($2, 9) == port { print $10; exit }' "/proc/$SERVICE_PID/net/tcp" 2>/dev/null) || true
  [[ -n $inode ]] || return 1
  for pid in $(service_processes); do
    [[ -z $(find "/proc/$pid/fd" -lname "socket:\[$inode\]" 2>/dev/null) ]] || return 0
  done
  return 1
}

# The status code of a GET; nothing when there is no answer.
http_status() { # HOST PORT PATH
  (
    exec 3<>"/dev/tcp/$1/$2"
    printf 'GET %s HTTP/1.0\r\nHost: %s\r\n\r\n' "$3" "$1" >&3
    read -r -t 5 _ code _ <&3
    printf '%s' "$code"
  ) 2>/dev/null || true
}

# 0 when it is ours and GET /health says 200; 1 when it, or what it needs, ended before or the deadline came.
until_healthy() { # PORT SECONDS
  local deadline=$((SECONDS + $2))
  until listens_for_us "$1" && [[ $(http_status 127.0.0.1 "$1" /health) == 200 ]]; do
    service_alive && helpers_alive || return 1
    note_shared_memory
    note_processes
    if ((SECONDS >= deadline)); then
      CAUSE=not-ready
      say "does not answer on 127.0.0.1:$1 after $2 s" >&2
      return 1
    fi
    sleep 0.5
  done
  note_shared_memory
}

service_alive() { [[ -n $SERVICE_PID ]] && alive "$SERVICE_PID"; }

# 0 when it listens and is ours, 1 when it ended before or the deadline came.
until_listening() { # HOST PORT SECONDS
  local deadline=$((SECONDS + $3))
  # shellcheck disable=SC2016   # for the shell inside
  until listens_for_us "$2" && beside_service bash -c 'exec 3<>"/dev/tcp/$0/$1"' "$1" "$2" 2>/dev/null; do
    service_alive || return 1
    note_processes
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
  local exposed=''
  if [[ -n $GATE_HOST ]]; then exposed=",\"exposed\":{\"host\":\"$GATE_HOST\",\"port\":$GATE_PORT$REACHED_FROM}"; fi
  note_processes
  PHASE=ready
  let_cache_go
  T_LOADED=\"$(now)\"
  write_json endpoint.json "{\"jobId\":$(json "$(job_id)"),\"token\":$(json "$AIBENCH_TOKEN"),\"restarts\":${SLURM_RESTART_COUNT:-0},\"scheme\":\"$1\",\"host\":\"$2\",\"port\":$3,\
\"node\":$(json "$(node_name)"),\"ip\":$(json "$(own_address)"),\"pid\":$SERVICE_PID,\"startedAt\":$T_LOADED,\"closed\":$CLOSED$exposed}"
  say "listens on $2:$3"
}

# Whether what is advertised can be reached from another node of the job, before anybody is told of it.
prove_reachable() { # NODE
  local from
  # shellcheck disable=SC2016   # for the shell there
  if timeout -k 2 30 srun --nodes=1 --ntasks=1 --nodelist="$1" --overlap --mem=0 --gres=none --input=none --quiet --export=ALL \
    timeout 10 bash -c 'exec 3<>"/dev/tcp/$0/$1"' "$GATE_HOST" "$GATE_PORT" 2>/dev/null; then
    from=reachedFrom
  else
    from=unreachedFrom
    say "$GATE_HOST:$GATE_PORT can't be reached from $1" >&2
  fi
  REACHED_FROM=",\"$from\":$(json "$1")"
}

# What was compiled is there for the next start.
let_cache_go() {
  if [[ -n $CACHE_LOCK ]]; then rm -rf "$CACHE_LOCK"; fi
  CACHE_LOCK=''
}

# Until the service ends, by itself or because it is told to.
stay() {
  wait_for_service
  if [[ $CAUSE == helper ]]; then exit 1; fi
  if [[ -n $STOP_ASKED ]]; then
    CAUSE=$STOP_ASKED
    exit 0
  fi
  CAUSE='exit'
  say "the service ended by itself, $ENDED_HOW" >&2
  # A service that ends unasked has failed, also when it says 0.
  [[ $EXIT_CODE == 0 ]] && exit 1
  [[ $EXIT_CODE =~ ^[0-9]+$ ]] && exit "$EXIT_CODE"
  exit 1
}

wait_for_service() {
  while service_alive; do
    pause 0.3
    helpers_alive || kill_service
  done
  # What ended first is to blame: a service often ends because its worker did, and a moment before this is seen.
  if [[ -z $STOP_ASKED && $CAUSE != helper ]] && ((${#HELPERS[@]} > 0)); then
    sleep 1
    helpers_alive || true
  fi
  read_end "$SERVICE_PID"
  if [[ $CAUSE != helper ]]; then EXIT_CODE=$ENDED_CODE SIGNAL=$ENDED_BY; fi
}

# TERM now, KILL at the deadline; runs in the signal trap, while `stay` waits.
tell_service() {
  PHASE=stopping
  say "asked to end ($STOP_ASKED)"
  service_alive || exit 0
  note_processes
  kill -TERM -- "-$SERVICE_PID" 2>/dev/null || true
  local deadline=$((SECONDS + ${AIBENCH_STOP_DEADLINE_S:-20}))
  while service_alive && ((SECONDS < deadline)); do sleep 0.1; done
  if service_alive; then
    KILLED=true
    say "the service outlived its deadline, killed" >&2
    kill_service
  fi
}

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

# The end of what a job runs on a further node.
leave_node() {
  local code=$?
  if [[ -n $PROLOGUE_PID ]]; then kill -KILL -- "-$PROLOGUE_PID" 2>/dev/null || true; fi
  kill_service
  clean_node
  exit "$code"
}

clean_node() {
  local pid
  if ((${#SHARED_MEMORY[@]} > 0)); then rm -f "${!SHARED_MEMORY[@]}"; fi
  if [[ -n $SCRATCH ]]; then rm -rf "$SCRATCH"; fi
  for pid in "${!PARENTS[@]}"; do kill -KILL "${PARENTS[$pid]}" 2>/dev/null || true; done
  tell_keeper 'done'
}

# USR2 and not TERM: srun passes it on to what it runs; at a TERM or HUP it kills that.
stop_helpers() {
  local pid deadline=$((SECONDS + 8))
  for pid in "${!HELPERS[@]}"; do kill -USR2 "$pid" 2>/dev/null || true; done
  for pid in "${!HELPERS[@]}"; do
    while alive "$pid" && ((SECONDS < deadline)); do sleep 0.1; done
    kill -KILL -- "-$pid" 2>/dev/null || true
  done
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

# The one part that is run and not sourced.
if [[ ${BASH_SOURCE[0]} == "$0" && ${1:-} == keep ]]; then keep; fi
