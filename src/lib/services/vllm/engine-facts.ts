import { formatCount } from '../../platform/units.js'

/** Each field is null where the server does not say it. */
type Decided = {
  /** `bfloat16`. */
  dtype: string | null
  quantization: string | null
  kvCacheDtype: string | null
  /** Tokens of prompt and answer together. */
  maxModelLen: number | null
  tensorParallel: number | null
  pipelineParallel: number | null
  dataParallel: number | null
  /** `FLASH_ATTN`. */
  attentionBackend: string | null
  kvCacheTokens: number | null
  kvCacheGiB: number | null
  /** Share, 0 to 1. */
  gpuMemoryUtilization: number | null
  maxNumSeqs: number | null
  maxNumBatchedTokens: number | null
  enforceEager: boolean | null
  prefixCaching: boolean | null
  /** Of torch.compile, all in all. */
  compileSeconds: number | null
  /** Its work came from the cache; null when nothing is compiled. */
  compileCached: boolean | null
}

/**
 * What vLLM says that it runs with, from its own log: what was decided, not what was asked for. Null is what it does not say.
 * Source: logs of 0.26 on an H100 and of 0.32 on CPU.
 */
export function engineFacts(lines: readonly string[]): (Decided & { text: string }) | null {
  const begin = lines.findLastIndex((line) => /aibench: \S+ on \S+, started$/.test(line))
  const own = begin < 0 ? lines : lines.slice(begin)
  const first = (pattern: RegExp) => {
    for (const line of own) {
      const found = pattern.exec(line)?.[1]
      if (found !== undefined) return found
    }
    return null
  }
  const config = own.find((line) => / LLM engine \(v[^)]*\) with config: /.test(line))
  if (config === undefined) return null
  const of = (name: string) => new RegExp(`[ ,(]${name}=([^,)]+)`).exec(config)?.[1] ?? null
  const given = own.find((line) => line.includes('non-default args: ')) ?? ''
  const asked = (name: string) => new RegExp(`'${name}': ([^,}]+)`).exec(given)?.[1] ?? null
  const compiled = first(/torch\.compile (?:took|takes) ([\d.]+) s/)
  const decided: Decided = {
    dtype: of('dtype')?.replace('torch.', '') ?? null,
    quantization: noneToNull(of('quantization')),
    kvCacheDtype: of('kv_cache_dtype'),
    maxModelLen: numberOf(of('max_seq_len')),
    tensorParallel: numberOf(of('tensor_parallel_size')),
    pipelineParallel: numberOf(of('pipeline_parallel_size')),
    dataParallel: numberOf(of('data_parallel_size')),
    attentionBackend:
      first(/Using (\S+) attention backend/) ?? first(/Using (.+?) backend on V1 engine/),
    kvCacheTokens: numberOf(first(/KV cache size: ([\d,]+) tokens/)),
    kvCacheGiB: numberOf(first(/Available KV cache memory: ([\d.]+) GiB/)),
    gpuMemoryUtilization:
      numberOf(first(/Desired GPU memory utilization is \(([\d.]+),/)) ??
      numberOf(asked('gpu_memory_utilization')),
    maxNumSeqs: numberOf(asked('max_num_seqs')),
    maxNumBatchedTokens: numberOf(first(/max_num_batched_tokens=(\d+)/)),
    enforceEager: booleanOf(of('enforce_eager')),
    prefixCaching: booleanOf(of('enable_prefix_caching')),
    compileSeconds: numberOf(compiled),
    compileCached: cachedOf(own),
  }
  return { ...decided, text: textOf(decided) }
}

/** Whether torch.compile's work came from the cache; null when nothing was compiled. */
export function cachedOf(lines: readonly string[]): boolean | null {
  if (lines.some((line) => /Directly load (the )?(AOT|compiled|\d+-th)/i.test(line))) return true
  return lines.some((line) => /Compiling a graph for|Dynamo bytecode transform time/.test(line))
    ? false
    : null
}

function numberOf(text: string | null): number | null {
  const value = text === null ? NaN : Number(text.replaceAll(',', ''))
  return Number.isFinite(value) ? value : null
}

function booleanOf(text: string | null): boolean | null {
  return text === 'True' ? true : text === 'False' ? false : null
}

function noneToNull(text: string | null): string | null {
  return text === 'None' ? null : text
}

/** `TP 4 × PP 2 · bfloat16 · FLASH_ATTN · KV cache 1 149 552 tokens · GPU memory 0.92`; what is not known is left out. */
function textOf(engine: Decided): string {
  const { tensorParallel, pipelineParallel, dataParallel, dtype, quantization } = engine
  const parts = [
    tensorParallel !== null && `TP ${tensorParallel} × PP ${pipelineParallel ?? 1}`,
    dataParallel !== null && dataParallel > 1 && `DP ${dataParallel}`,
    dtype,
    quantization,
    engine.attentionBackend,
    engine.maxModelLen !== null && `context ${formatCount(engine.maxModelLen)}`,
    engine.kvCacheTokens !== null && `KV cache ${formatCount(engine.kvCacheTokens)} tokens`,
    engine.maxNumSeqs !== null && `at most ${engine.maxNumSeqs} sequences`,
    engine.gpuMemoryUtilization !== null && `GPU memory ${engine.gpuMemoryUtilization}`,
  ]
  return parts.filter(Boolean).join(' · ')
}
