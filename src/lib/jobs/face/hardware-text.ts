import type { HardwareReport } from '../hardware.js'
import { formatNumber } from '../../platform/units.js'
import type { EngineReport } from '../reports.js'

/** `1 × NVIDIA H100 80GB HBM3 · driver 580.159.04`. */
export function hardwareText({ text, driver }: HardwareReport): string {
  return driver === null ? text : `${text} · driver ${driver}`
}

/** `TP 4 × PP 2 · bfloat16 · FLASH_ATTN · KV cache 1 149 552 tokens · GPU memory 0.92`; what is not known is left out. */
export function engineText(engine: EngineReport): string {
  const { tensorParallel, pipelineParallel, dataParallel, dtype, quantization } = engine
  const parts = [
    tensorParallel !== null && `TP ${tensorParallel} × PP ${pipelineParallel ?? 1}`,
    dataParallel !== null && dataParallel > 1 && `DP ${dataParallel}`,
    dtype,
    quantization,
    engine.attentionBackend,
    engine.maxModelLen !== null && `context ${formatNumber(engine.maxModelLen)}`,
    engine.kvCacheTokens !== null && `KV cache ${formatNumber(engine.kvCacheTokens)} tokens`,
    engine.maxNumSeqs !== null && `at most ${engine.maxNumSeqs} sequences`,
    engine.gpuMemoryUtilization !== null && `GPU memory ${engine.gpuMemoryUtilization}`,
  ]
  return parts.filter(Boolean).join(' · ')
}
