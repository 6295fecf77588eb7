# shellcheck shell=bash disable=SC2034,SC2153 # the parts share their variables
# What the job really got: node.NAME.json, written by each of its nodes before anything starts.

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
  write_json "node.$(node_name).json" schema '"aibench/node/1"' jobId "$(json "$(job_id)")" node "$(json "$(node_name)")" \
    cpu "$(json_or_null "$cpu")" cores "$(nproc 2>/dev/null || echo null)" memoryMiB "${memory:-null}" gpus "[$gpus]" \
    gpusFrom "$(json_or_null "$from")" gpuTrouble "$(json_or_null "$trouble")" visible "$visible"
}

# The GPUs as JSON objects. 1: there is no nvidia-smi; 2: it fails, and this is what it says.
nvidia_gpus() {
  local out listed index name uuid memory driver separator='' card=''
  command -v nvidia-smi >/dev/null 2>&1 || return 1
  # A broken driver makes it hang.
  if ! out=$(timeout -k 2 20 nvidia-smi --query-gpu=index,name,uuid,memory.total,driver_version \
    --format=csv,noheader,nounits 2>&1); then
    printf '%s' "${out:-no answer in 20 s}"
    return 2
  fi
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
  printf '%s' "$1"
  object index "$(json "$2")" name "$(json "$3")" uuid "$(json "$4")" memoryMiB "$memory" driver "$(json_or_null "$6")"
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
