/** A line that tells why vLLM failed. */
export interface FailurePattern {
  pattern: RegExp
  cause: string
  hints?: readonly string[]
  /** It tells that something failed and not what. */
  isVague?: boolean
}

/**
 * vLLM's and its libraries' own messages, the telling before the general: the first sign of the list that is found anywhere decides.
 * Sources: logs of vLLM 0.32 on CPU; messages in the sources of vLLM 0.6 to 0.32, PyTorch, huggingface_hub, transformers, Ray, NCCL.
 */
export const FAILURE_PATTERNS: readonly FailurePattern[] = [
  {
    pattern: /aibench: no interface "[^"]*" with an IPv4 address/,
    cause: 'the node has no such interface',
    hints: ['--interface NAME   # one of those in the line'],
  },
  {
    pattern: /aibench: the prologue failed, exit code \d+/,
    cause: 'the prologue failed',
    hints: ['--prologue FILE   # its last lines are above, in the log'],
  },
  {
    pattern: /OpenTelemetry is not available\. Unable to (configure|initialize)/,
    cause: 'traces need packages that its Python environment has not',
    hints: ['opentelemetry-sdk, opentelemetry-exporter-otlp: install them, or leave out --traces'],
  },
  {
    pattern:
      /CUDA out of memory|CUDA error: out of memory|HIP out of memory|cudaErrorMemoryAllocation/,
    cause: 'GPU out of memory',
    hints: [
      '--max-model-len N   # a shorter context',
      '--tensor-parallel N   # over more GPUs',
      '--vllm-arg=--gpu-memory-utilization=0.85',
      'nvidia-smi   # is somebody else on the GPU?',
    ],
  },
  {
    pattern: /World size \(\d+\) is larger than the number of available GPUs \(\d+\)/,
    cause: 'the model is spread over more GPUs than the node has for the job',
    hints: ['--gpus-per-node N', '--tensor-parallel N', 'nvidia-smi -L'],
  },
  {
    pattern: /Free memory on device .* is less than desired GPU memory utilization/,
    cause: 'something else is using the GPU’s memory',
    hints: [
      'nvidia-smi   # who is on it?',
      '--vllm-arg=--gpu-memory-utilization=0.5   # less than what the line says is free',
      'export CUDA_VISIBLE_DEVICES=N   # another GPU, on this machine',
    ],
  },
  {
    pattern: /No available memory for the cache blocks/,
    cause: 'the GPU has no memory left for the KV cache',
    hints: [
      '--vllm-arg=--gpu-memory-utilization=0.95',
      '--tensor-parallel N   # over more GPUs',
      '--max-model-len N   # a shorter context',
    ],
  },
  {
    pattern:
      /KV cache is needed, which is larger than the available KV cache memory|max seq len \(\d+\) is larger than the maximum number of tokens that can be stored in KV cache|larger than the available KV cache/,
    cause: 'the context is longer than the KV cache holds',
    hints: ['--max-model-len N   # the line says how much fits', '--tensor-parallel N'],
  },
  {
    pattern: /User-specified max_model_len \(\d+\) is greater than the derived max_model_len/,
    cause: 'the context asked for is longer than the model’s own',
    hints: ['--max-model-len N   # the line says the model’s'],
  },
  {
    pattern: /GatedRepoError|Cannot access gated repo|access to model .* is restricted|gated repo/i,
    cause: 'the model is gated: its owner has to let you in, and your token has to show it',
    hints: ['accept its terms on huggingface.co', '--hf-token-file FILE   # 0600'],
  },
  {
    pattern: /RevisionNotFoundError|Revision Not Found|is not a valid git identifier/,
    cause: 'the model has no such revision',
    hints: ['--revision SHA   # from the model’s page, “Files and versions”'],
  },
  {
    pattern:
      /RepositoryNotFoundError|Repository Not Found for url|is not a local folder and is not a valid model identifier/,
    cause: 'no such model, or it is private and the token gives no access',
    hints: ['--model ORGANISATION/NAME', '--hf-token-file FILE   # 0600'],
  },
  {
    pattern: /HFValidationError|Repo id must be in the form/,
    cause: 'the model is neither in the hub nor a directory on this node',
    hints: ['--model-dir DIR   # on a file system that the nodes see'],
  },
  {
    pattern: /401 Client Error|Invalid user token|Invalid credentials in Authorization header/,
    cause: 'the Hugging Face token is not accepted',
    hints: ['--hf-token-file FILE   # a new token: huggingface.co/settings/tokens'],
  },
  {
    pattern:
      /OfflineModeIsEnabled|LocalEntryNotFoundError|outgoing traffic has been disabled|couldn't connect to 'https:\/\/huggingface\.co'|Failed to resolve 'huggingface\.co'/,
    cause: 'the model is not on disk, and the node does not reach huggingface.co',
    hints: [
      'hf download MODEL --revision SHA   # where there is internet, with HF_HOME on the shared file system',
      'aibench vllm start --model-dir DIR',
    ],
  },
  {
    pattern: /NVIDIA driver on your system is too old|CUDA driver version is insufficient/,
    cause: 'the node’s NVIDIA driver is too old for this vLLM',
    hints: ['--image FILE.sif   # of an older vLLM or CUDA', 'nvidia-smi'],
  },
  {
    pattern: /no kernel image is available for execution on the device/,
    cause: 'this vLLM was not built for this kind of GPU',
    hints: ['another build of vLLM', 'nvidia-smi --query-gpu=name,compute_cap --format=csv'],
  },
  {
    pattern:
      /No CUDA GPUs are available|no CUDA-capable device is detected|Found no NVIDIA driver|Failed to infer device type|libcuda\.so\.1: cannot open/,
    cause: 'vLLM found no GPU on the node',
    hints: ['--gpus-per-node N', '--partition NAME   # one with GPUs', 'nvidia-smi'],
  },
  {
    pattern:
      /CUDA error: (an illegal memory access|unspecified launch failure|device-side assert)|Xid \d+|uncorrectable ECC/,
    cause: 'a GPU failed',
    hints: ['another node: --sbatch-arg=--exclude=NODE', 'nvidia-smi -q -d ECC'],
  },
  {
    pattern:
      /Bfloat16 is only supported on GPUs with compute capability|dtype .* is not supported|does not support (bfloat16|float16|fp8)/i,
    cause: 'the GPU does not know this number format',
    hints: ['--dtype float16', '--dtype float32'],
  },
  {
    pattern:
      /Model architectures? \[.*\] (are|is) not supported|does not recognize this architecture|has no vLLM implementation/,
    cause: 'this vLLM does not know the model’s architecture',
    hints: ['a newer vLLM: --image FILE.sif or --venv DIR'],
  },
  {
    pattern:
      /trust_remote_code=True|requires you to execute the (configuration|model|tokenizer) file/,
    cause: 'the model brings code of its own, which runs only when you say so',
    hints: ['--vllm-arg=--trust-remote-code   # after a look at its code; pin it with --revision'],
  },
  {
    pattern:
      /does not appear to have a file named config\.json|Could not locate config\.json|No config (file )?found/i,
    cause: 'the model has no config.json',
    hints: ['ls DIR', 'hf download MODEL --local-dir DIR'],
  },
  {
    pattern:
      /Can't load tokenizer|Couldn't instantiate the backend tokenizer|Unable to load vocabulary|tokenizer .* does not exist/i,
    cause: 'the model’s tokenizer is missing or damaged',
    hints: ['hf download MODEL --local-dir DIR', '--vllm-arg=--tokenizer=DIR'],
  },
  {
    pattern:
      /SafetensorError|Error while deserializing header|safetensors_rust|PytorchStreamReader failed|Cannot find any model weights/,
    cause: 'the model’s weights are missing or damaged',
    hints: ['hf download MODEL --local-dir DIR   # again', 'ls -l DIR'],
  },
  {
    pattern:
      /[Tt]otal number of attention heads \(\d+\) must be divisible by tensor parallel size|must be divisible by (tensor|tp)/,
    cause: 'tensor parallel does not divide the model’s attention heads',
    hints: ['--tensor-parallel N   # a divisor of the heads'],
  },
  {
    pattern: /Not enough allowed NUMA nodes/,
    cause: 'on CPU, each rank wants cores of its own',
    hints: ["export VLLM_CPU_OMP_THREADS_BIND='0|1'   # cores of each rank", '--tensor-parallel 1'],
  },
  {
    pattern: /current platform \S+ does not support ray/,
    cause: 'this vLLM does not run over Ray on this kind of machine',
    hints: ['--distributed native'],
  },
  {
    pattern: /intermediate_tensors is not None/,
    cause: 'pipeline parallel does not work on CPU',
    hints: ['--pipeline-parallel 1'],
  },
  {
    pattern: /Ray has \d+ of \d+ nodes after/,
    cause: 'not all nodes joined Ray in time',
    hints: ['aibench vllm logs', '--distributed native', 'a firewall between the nodes?'],
  },
  {
    pattern:
      /Current node has no GPU available|placement group .*(cannot|can't) be (created|satisfied)|No available node types can fulfill resource request|The number of required GPUs exceeds/i,
    cause: 'Ray does not have the GPUs that were asked for',
    hints: ['--gpus-per-node N', '--tensor-parallel N --pipeline-parallel M'],
  },
  {
    pattern:
      /DistNetworkError|Timed out after \d+ seconds waiting for clients|client socket has timed out|DistStoreError|Gloo connectFullMesh failed/,
    cause: 'the nodes did not find each other in time',
    hints: [
      'aibench vllm logs',
      'export GLOO_SOCKET_IFNAME=… NCCL_SOCKET_IFNAME=…   # the fabric’s interface',
    ],
  },
  {
    pattern:
      /NCCL error|ncclSystemError|ncclInternalError|ncclRemoteError|ncclUnhandledCudaError|NCCL WARN .*(failed|error)/i,
    cause: 'the GPUs could not talk to each other (NCCL)',
    hints: ['export NCCL_DEBUG=INFO', 'export NCCL_SOCKET_IFNAME=…   # the fabric’s interface'],
  },
  {
    pattern: /Address already in use|EADDRINUSE|Errno 98/,
    cause: 'its port was taken by another process',
    hints: ['aibench vllm start   # again: each start takes free ports'],
  },
  {
    pattern: /No space left on device|Errno 28|Disk quota exceeded|Errno 122/,
    cause: 'the disk is full, or your quota is used up',
    hints: ['df -h; quota', 'export HF_HOME=DIR   # where there is space', 'export TMPDIR=DIR'],
  },
  {
    pattern:
      /DefaultCPUAllocator: can't allocate memory|Cannot allocate memory|oom-kill|Out Of Memory|Detected \d+ oom|MemoryError|Available memory on node .* is less than desired/,
    cause: 'the node or the job ran out of memory',
    hints: ['--sbatch-arg=--mem=0', 'export VLLM_CPU_KVCACHE_SPACE=N   # GiB, on CPU'],
  },
  {
    pattern:
      /error: unrecognized arguments|error: argument |error: the following arguments are required|ambiguous option/,
    cause: 'vLLM does not know one of its arguments',
    hints: ['vllm serve --help', 'look at --vllm-arg'],
  },
  {
    pattern: /FATAL: +.*(image|container|sif)|could not open image/,
    cause: 'the container image could not be started',
    hints: ['apptainer inspect FILE.sif'],
  },
  {
    pattern:
      /(apptainer|singularity|vllm|ray|srun|python\S*|node): (command )?not found|No such file or directory/,
    cause: 'a program or file is missing on the node',
    hints: [
      '--venv DIR   # on a file system that the nodes see',
      'aibench config set apptainer.command PATH',
    ],
  },
  {
    pattern:
      /ModuleNotFoundError|ImportError|version `?GLIBC(XX)?_[\d.]+'? not found|cannot open shared object file/,
    cause: 'the vLLM of this node is not complete',
    hints: ['--image FILE.sif', 'DIR/bin/python -c "import vllm"'],
  },
  { pattern: /Permission denied/, cause: 'permission denied for a file or directory', hints: [] },
  {
    pattern: /Segmentation fault|core dumped|SIGSEGV/,
    cause: 'vLLM crashed',
  },
  {
    pattern:
      /EngineDeadError|EngineCore encountered an issue|Engine core initialization failed|WorkerProc (initialization )?failed/,
    cause: 'vLLM’s engine ended',
    isVague: true,
  },
  {
    pattern: /^(\w+\.)*\w+(Error|Exception): \S/,
    cause: 'vLLM ended with an error of its own',
    isVague: true,
  },
]
