# shellcheck shell=bash source=slurm/lib.sh
# A vLLM inference server on one node or many. Argument: RUN_DIR. On further nodes srun runs it again, with what to do there:
#   RUN_DIR worker RANK HEAD PORT    vLLM's own several nodes: rank RANK, which finds the others at HEAD:PORT
#   RUN_DIR ray-head HEAD PORT       Ray: its head, then on every other node
#   RUN_DIR ray-worker HEAD PORT
# RUN_DIR/command holds the program and RUN_DIR/arguments the words after it, a word a line; RUN_DIR/gate the command of the token gate.
# Settings (RUN_DIR/job.env): AIBENCH_TOKEN; AIBENCH_DISTRIBUTED=native|ray on several nodes; AIBENCH_EXPOSE for the gate;
# AIBENCH_SIMULATED when the program is our simulator; AIBENCH_IMAGE, AIBENCH_BIND, AIBENCH_GPUS, AIBENCH_APPTAINER to run in an image;
# AIBENCH_READY_DEADLINE_S, AIBENCH_JOIN_DEADLINE_S, AIBENCH_STOP_DEADLINE_S; HF_*, VLLM_*, NCCL_* as the user had them.

# Nothing goes to the home, nothing is left in /tmp, nobody is told; times in the log are UTC, as ours.
prepare_environment() {
  make_scratch
  export TMPDIR=$SCRATCH XDG_CACHE_HOME=$SCRATCH/cache TZ=UTC
  local cache=$SCRATCH
  if [[ -n ${AIBENCH_CACHE:-} ]] && hold_cache; then cache=$AIBENCH_CACHE_HELD; fi
  export VLLM_CACHE_ROOT=${VLLM_CACHE_ROOT:-$cache/vllm} VLLM_XLA_CACHE_PATH=${VLLM_XLA_CACHE_PATH:-$cache/xla}
  export TORCHINDUCTOR_CACHE_DIR=${TORCHINDUCTOR_CACHE_DIR:-$cache/inductor} TRITON_CACHE_DIR=${TRITON_CACHE_DIR:-$cache/triton}
  export FLASHINFER_WORKSPACE_BASE=$SCRATCH HF_HOME=${HF_HOME:-$SCRATCH/huggingface} HF_MODULES_CACHE=$SCRATCH/modules
  export VLLM_NO_USAGE_STATS=1 DO_NOT_TRACK=1 HF_HUB_DISABLE_TELEMETRY=1 RAY_USAGE_STATS_ENABLED=0 PYTHONNOUSERSITE=1
  # Its key, and Ray's: by their files, and by the environment, which only the owner sees; never in a command line.
  VLLM_API_KEY=$(<api.token)
  export VLLM_API_KEY RAY_AUTH_MODE=token RAY_AUTH_TOKEN_PATH=$RUN_DIR/api.token
  mapfile -t program <./command
  mapfile -t arguments <./arguments
  container=()
  ray=("$(dirname "${program[0]}")/ray")
  python=("$(dirname "${program[0]}")/python")
  if [[ -n ${AIBENCH_IMAGE:-} ]]; then
    bind_options "$RUN_DIR" "$SCRATCH" ${AIBENCH_CACHE_HELD:+"$AIBENCH_CACHE_HELD"}
    container=("${AIBENCH_APPTAINER:-apptainer}" exec ${AIBENCH_GPUS:+--nv} "${BINDS[@]}" --pwd "$RUN_DIR" "$AIBENCH_IMAGE")
    ray=(ray)
    python=(python3)
    say "in the image $AIBENCH_IMAGE"
  fi
  program=("${container[@]}" "${program[@]}")
  ray=("${container[@]}" "${ray[@]}")
  python=("${container[@]}" "${python[@]}")
}

# What was compiled lives on, by the kind of GPU below the folder of the version. One start at a time fills it; another that comes
# meanwhile compiles for itself. The other nodes of a job use what its first one holds.
hold_cache() {
  [[ -z ${AIBENCH_CACHE_HELD:-} ]] || return 0
  local kind dir
  kind=$(timeout 20 nvidia-smi --query-gpu=name --format=csv,noheader 2>/dev/null | sort -u | paste -sd + -) || true
  [[ -n $kind ]] || kind="cpu $(uname -m) $(awk -F ': *' '/^model name/ { print $2; exit }' /proc/cpuinfo)"
  dir=$AIBENCH_CACHE/${kind//[^A-Za-z0-9+]/-}
  mkdir -p "$dir" || return 1
  if [[ ! -O $dir || -n $(find "$dir" -maxdepth 0 -perm /022) ]]; then
    say "others may write to $dir: what is compiled is not kept" >&2
    return 1
  fi
  # Left by a start that was killed.
  find "$dir/in-use" -maxdepth 0 -mmin +130 -exec rm -rf {} + 2>/dev/null || true
  if ! mkdir "$dir/in-use" 2>/dev/null; then
    say "another start is filling $dir: this one compiles for itself"
    return 1
  fi
  # shellcheck disable=SC2034 # the library lets it go
  CACHE_LOCK=$dir/in-use
  export AIBENCH_CACHE_HELD=$dir
  say "compile cache $dir"
}

# All that listens for the other nodes does so on the node's address. Gloo would take what the host's name resolves to, often the loopback.
among_nodes() { # PEER
  OWN_ADDRESS=$(find_address "$1")
  VLLM_HOST_IP=$OWN_ADDRESS
  if [[ -n ${AIBENCH_INTERFACE:-} ]]; then export NCCL_SOCKET_IFNAME=${NCCL_SOCKET_IFNAME:-$(own_interface "$VLLM_HOST_IP")}; fi
  GLOO_SOCKET_IFNAME=${GLOO_SOCKET_IFNAME:-$(own_interface "$VLLM_HOST_IP")}
  export VLLM_HOST_IP GLOO_SOCKET_IFNAME
  if [[ -z $GLOO_SOCKET_IFNAME ]]; then unset GLOO_SOCKET_IFNAME; fi
}

# What a further node runs.
role() { # ROLE…
  prepare_environment
  # The head is the address before the port, in each of the roles.
  among_nodes "${*: -2:1}"
  say "$1 on $(node_name), $VLLM_HOST_IP"
  case $1 in
    worker)
      serve vllm "${program[@]}" "${arguments[@]}" --nnodes "$SLURM_JOB_NUM_NODES" --node-rank "$2" \
        --master-addr "$3" --master-port "$4" --headless
      ;;
    ray-head) start_ray "$2" "$3" --head --port "$3" --include-dashboard=false ;;
    ray-worker) start_ray "$2" "$3" --address "$2:$3" ;;
  esac
  stay_joined
}

# Every port that Ray listens on is one that was free just now; those of its workers are a range of their own.
start_ray() { # HEAD PORT OPTIONS…
  local first
  first=$(free_port)
  # Ray's client has a port too where what it needs is installed, and refuses to be told of one where it is not.
  if [[ $3 == --head ]] && "${python[@]}" -c 'import grpc' 2>/dev/null; then set -- "$@" --ray-client-server-port "$((first + 6))"; fi
  serve vllm "${ray[@]}" start --block --disable-usage-stats --node-ip-address "$VLLM_HOST_IP" --temp-dir "$SCRATCH/ray" \
    --node-manager-port "$first" --object-manager-port "$((first + 1))" --metrics-export-port "$((first + 2))" \
    --dashboard-agent-grpc-port "$((first + 3))" --dashboard-agent-listen-port "$((first + 4))" --runtime-env-agent-port "$((first + 5))" \
    --min-worker-port "$((first + 10))" --max-worker-port "$((first + 400))" "${@:3}"
}

# Ray on all nodes, and all of them seen by its head.
gather_ray() { # NODES…
  local port known deadline=$((SECONDS + ${AIBENCH_JOIN_DEADLINE_S:-300}))
  port=$(free_port)
  on_node ray "$1" ray-head "$head" "$port"
  for node in "${@:2}"; do on_node worker "$node" ray-worker "$head" "$port"; done
  export RAY_ADDRESS=$head:$port
  until known=$(nodes_of_ray) && ((known == $#)); do
    members_alive || exit 1
    ((SECONDS < deadline)) || give_up not-ready "Ray has ${known:-0} of $# nodes after ${AIBENCH_JOIN_DEADLINE_S:-300} s"
    sleep 0.5
  done
  say "Ray has $known of $# nodes"
}

# How many nodes Ray's head sees alive.
nodes_of_ray() {
  local answer
  answer=$("${ray[@]}" status --address "$RAY_ADDRESS" 2>/dev/null) || return 1
  sed -n '/^Active:/,/^Pending:/p' <<<"$answer" | grep -c 'node_'
}

# Another node has other folders and another address.
# shellcheck disable=SC2034 # the library reads it
OF_THIS_NODE=(VLLM_HOST_IP GLOO_SOCKET_IFNAME HF_HOME VLLM_CACHE_ROOT VLLM_XLA_CACHE_PATH TORCHINDUCTOR_CACHE_DIR TRITON_CACHE_DIR)
if [[ -n ${2:-} ]]; then
  join_job vllm "$1"
  role "${@:2}"
fi

begin vllm "$1"
renew_secret api
prepare_environment
# Whoever has to clean up after a kill finds it there.
printf '%s\n' "$SCRATCH" >scratch
nodes=("$(node_name)")
if [[ -n ${AIBENCH_DISTRIBUTED:-} ]]; then
  mapfile -t nodes < <(scontrol show hostnames "$SLURM_JOB_NODELIST")
  among_nodes "${nodes[1]:-}"
  head=$VLLM_HOST_IP
fi
if [[ ${AIBENCH_DISTRIBUTED:-} == ray ]]; then
  gather_ray "${nodes[@]}"
  arguments+=(--distributed-executor-backend ray)
fi

for try in 1 2 3; do
  # Over several nodes there is one try: the others would have to meet again.
  if [[ -n ${AIBENCH_DISTRIBUTED:-} ]]; then try=3; fi
  port=$(free_port)
  where=(--host 127.0.0.1 --port "$port")
  # Spans go to the exporter beside it, which hands them on to the monitors that are there.
  if [[ -n ${AIBENCH_TRACES:-} && -s exporter ]]; then
    otlp_port=$(free_port)
    where+=(--otlp-traces-endpoint "http://127.0.0.1:$otlp_port")
    open_relay vllm "$otlp_port"
  fi
  if [[ ${AIBENCH_DISTRIBUTED:-} == native ]]; then
    meeting=$(free_port)
    where+=(--nnodes "${#nodes[@]}" --node-rank 0 --master-addr "$head" --master-port "$meeting")
    for rank in "${!nodes[@]}"; do
      ((rank == 0)) || on_node worker "${nodes[rank]}" worker "$rank" "$head" "$meeting"
    done
  fi
  if [[ -n ${AIBENCH_SIMULATED:-} ]]; then
    serve vllm "${program[@]}" "$port"
  else serve vllm "${program[@]}" "${arguments[@]}" "${where[@]}"; fi
  until_healthy vllm "$port" "${AIBENCH_READY_DEADLINE_S:-7200}" /health && break
  end_unless_port_taken vllm "$try"
done

if [[ -n ${AIBENCH_EXPOSE:-} ]]; then
  open_gate vllm "$OWN_ADDRESS" "$port"
  if ((${#nodes[@]} > 1)); then prove_reachable vllm "${nodes[1]}"; fi
fi
publish_endpoint vllm http 127.0.0.1 "$port"
stay
