import { expect } from 'chai'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { explainVllm } from '../../../../src/lib/services/vllm/explain.js'

const logLines = (name: string): string[] =>
  readFileSync(
    fileURLToPath(new URL(`../../../fixtures/vllm/logs/${name}.log`, import.meta.url)),
    'utf8',
  ).split('\n')

/** As the life cycle asks: stderr first, and a vague answer gives way. */
function explainGpu(name: string) {
  const found = ['stderr', 'stdout'].map((stream) =>
    explainVllm(
      readFileSync(
        new URL(`../../../fixtures/vllm/gpu/${name}.${stream}.log`, import.meta.url),
        'utf8',
      ).split('\n'),
    ),
  )
  return found.find((one) => one && !one.isVague) ?? found.find((one) => one !== undefined)
}

describe('why vLLM failed', () => {
  describe('from the logs of real failures', () => {
    for (const [name, cause, line] of [
      ['failed-bad-model-path', /neither in the hub nor a directory/, /^huggingface_hub/],
      ['failed-port-in-use', /port was taken/, /Address already in use/],
      ['failed-ray-on-cpu', /does not run over Ray/, /cpu does not support ray/],
      ['failed-tp2-numa', /cores of its own/, /^AssertionError: Not enough allowed NUMA/],
      ['failed-pp2-on-cpu-at-first-request', /pipeline parallel/, /intermediate_tensors is not/],
    ] as const)
      it(name, () => {
        const found = explainVllm(logLines(name))
        expect(found?.cause).to.match(cause)
        expect(found?.line).to.match(line)
        expect(logLines(name)[found!.index]).to.equal(found?.line)
        expect(found?.hints).to.not.be.empty
        expect(found?.isVague).to.not.equal(true)
      })
  })

  describe('from the logs of real failures on a GPU', () => {
    for (const [name, cause, line, hint] of [
      [
        'failed-gpu-busy',
        /something else is using/,
        /Free memory on device cuda:0 \(4\.64/,
        /nvidia-smi/,
      ],
      ['failed-no-kv-memory', /no memory left for the KV cache/, /No available memory/, /=0\.95/],
      ['failed-world-size', /more GPUs than the node has/, /World size \(2\)/, /--gpus-per-node/],
      ['failed-max-model-len', /longer than the model’s own/, /100000/, /--max-model-len/],
    ] as const)
      it(name, () => {
        const found = explainGpu(name)
        expect(found?.cause).to.match(cause)
        expect(found?.line).to.match(line)
        expect(found?.hints[0] ?? '').to.match(hint)
      })

    it('the root cause above, which another process has told', () => {
      const found = explainGpu('failed-spawn-without-main-guard')
      expect(found?.line).to.equal(
        'RuntimeError: An attempt has been made to start a new process before the',
      )
    })
  })

  it('finds at most consequences in logs of good starts: a server that is told to stop complains too', () => {
    for (const name of ['ready-ordinary-user', 'ready-tp2', 'ready-two-nodes-rank0'])
      expect(explainVllm(logLines(name))?.isVague ?? true, name).to.equal(true)
  })

  // As the sources of the named projects write them.
  for (const [cause, line] of [
    [
      'GPU out of memory',
      'torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 896.00 MiB. GPU 0 has a total capacity of 39.38 GiB of which 512.00 MiB is free.',
    ],
    [
      'the GPU has no memory left for the KV cache',
      'ValueError: No available memory for the cache blocks. Try increasing `gpu_memory_utilization` when initializing the engine.',
    ],
    [
      'something else is using the GPU’s memory',
      'ValueError: Free memory on device cuda:0 (3.1/39.38 GiB) on startup is less than desired GPU memory utilization (0.9, 35.44 GiB).',
    ],
    [
      'the context is longer than the KV cache holds',
      "ValueError: To serve at least one request with the models's max seq len (131072), (16.0 GiB KV cache is needed, which is larger than the available KV cache memory (9.2 GiB).",
    ],
    [
      'the context asked for is longer than the model’s own',
      'ValueError: User-specified max_model_len (65536) is greater than the derived max_model_len (max_position_embeddings=8192)',
    ],
    [
      'the model is gated: its owner has to let you in, and your token has to show it',
      'huggingface_hub.errors.GatedRepoError: 403 Client Error. (Request ID: Root=1-67)',
    ],
    [
      'the model has no such revision',
      'huggingface_hub.errors.RevisionNotFoundError: 404 Client Error. (Request ID: Root=1-67)',
    ],
    [
      'no such model, or it is private and the token gives no access',
      'huggingface_hub.errors.RepositoryNotFoundError: 401 Client Error. (Request ID: Root=1-67)',
    ],
    [
      'the Hugging Face token is not accepted',
      'requests.exceptions.HTTPError: 401 Client Error: Unauthorized for url: https://huggingface.co/api/whoami-v2',
    ],
    [
      'the model is not on disk, and the node does not reach huggingface.co',
      'huggingface_hub.errors.LocalEntryNotFoundError: Cannot find an appropriate cached snapshot folder for the specified revision on the local disk and outgoing traffic has been disabled.',
    ],
    [
      'the node’s NVIDIA driver is too old for this vLLM',
      'RuntimeError: The NVIDIA driver on your system is too old (found version 11040).',
    ],
    [
      'this vLLM was not built for this kind of GPU',
      'RuntimeError: CUDA error: no kernel image is available for execution on the device',
    ],
    ['vLLM found no GPU on the node', 'RuntimeError: No CUDA GPUs are available'],
    ['vLLM found no GPU on the node', 'RuntimeError: Failed to infer device type'],
    [
      'the GPU does not know this number format',
      'ValueError: Bfloat16 is only supported on GPUs with compute capability of at least 8.0. Your Tesla V100 GPU has compute capability 7.0.',
    ],
    [
      'this vLLM does not know the model’s architecture',
      "ValueError: Model architectures ['NewForCausalLM'] are not supported for now. Supported architectures: ...",
    ],
    [
      'the model brings code of its own, which runs only when you say so',
      'ValueError: The repository /m contains custom code which must be executed to correctly load the model. Please pass the argument `trust_remote_code=True` to allow custom code to be run.',
    ],
    [
      'the model has no config.json',
      'OSError: /project/model does not appear to have a file named config.json.',
    ],
    [
      'the model’s tokenizer is missing or damaged',
      "OSError: Can't load tokenizer for '/project/model'. If you were trying to load it from the Hub",
    ],
    [
      'the model’s weights are missing or damaged',
      'safetensors_rust.SafetensorError: Error while deserializing header: MetadataIncompleteBuffer',
    ],
    [
      'tensor parallel does not divide the model’s attention heads',
      'ValueError: Total number of attention heads (40) must be divisible by tensor parallel size (3).',
    ],
    [
      'not all nodes joined Ray in time',
      '2026-11-24T10:20:00.000Z aibench: Ray has 1 of 2 nodes after 300 s',
    ],
    [
      'the GPUs could not talk to each other (NCCL)',
      'RuntimeError: NCCL error: unhandled system error (run with NCCL_DEBUG=INFO for details)',
    ],
    [
      'the nodes did not find each other in time',
      'torch.distributed.DistNetworkError: The client socket has timed out after 600000ms while trying to connect to (10.0.0.1, 29501).',
    ],
    ['the disk is full, or your quota is used up', 'OSError: [Errno 28] No space left on device'],
    [
      'the node or the job ran out of memory',
      "RuntimeError: [enforce fail at alloc_cpu.cpp:124] err == 0. DefaultCPUAllocator: can't allocate memory: you tried to allocate 67108864 bytes.",
    ],
    [
      'the node or the job ran out of memory',
      'slurmstepd: error: Detected 1 oom_kill event in StepId=12.batch. Some of the step tasks have been OOM Killed.',
    ],
    ['vLLM does not know one of its arguments', 'vllm: error: unrecognized arguments: --no-such'],
    [
      'a program or file is missing on the node',
      '/run/job.sh: line 9: apptainer: command not found',
    ],
  ] as const)
    it(`${cause}: ${line.slice(0, 50)}…`, () =>
      expect(explainVllm(['INFO starting', line, 'INFO shutting down'])).to.include({
        cause,
        line,
        index: 1,
      }))

  it('knows what is only a consequence: another log may tell more', () => {
    const line =
      'RuntimeError: Engine core initialization failed. See root cause above. Failed core proc(s): {}'
    expect(explainVllm([line])).to.include({ cause: 'vLLM’s engine ended', isVague: true })
  })

  it('names the node whose worker ended, with its last words, before all that followed', () => {
    const lines = [
      'RuntimeError: NCCL error: remote process exited or there was a network error',
      '2026-11-24T10:20:00.000Z aibench: worker on mel2042 ended, exit code 1: torch.OutOfMemoryError: CUDA out of memory.',
    ]
    const found = explainVllm(lines)
    expect(found?.cause).to.equal('the worker on mel2042 ended: GPU out of memory')
    expect(found?.index).to.equal(1)
    const silent = '2026-11-24T10:20:00.000Z aibench: worker on mel2042 ended, exit code 137'
    expect(explainVllm([silent])?.cause).to.equal('the worker on mel2042 ended')
  })
})
