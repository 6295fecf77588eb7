import { UsageError } from '../../platform/errors.js'
import type { ModelSource } from './model-files.js'
import type { VllmProgram } from './program.js'
import type { Parallel } from './parallel.js'
import { servedNameOf } from './served-name.js'
import type { VllmOptions } from './options.js'

/** Where it listens, how its nodes find each other and what it is guarded by are the script's to say. */
const OURS =
  /^--(host|port|uds|api-key|nnodes|node-rank|master-addr|master-port|headless|tensor-parallel-size|pipeline-parallel-size|distributed-executor-backend|revision|ssl-.*)(=|$)|^-(tp|pp|n|r)(=|$)/

/** The words after `vllm`, but for address, ports and ranks, which only the job knows. */
export function serveArguments(
  options: VllmOptions,
  source: ModelSource,
  { tensor, pipeline }: Parallel,
): string[] {
  for (const word of options.vllmArgs) {
    const [, name] = OURS.exec(word) ?? []
    if (name)
      throw new UsageError(`${word.split('=')[0]} is set by aibench itself`, {
        hints: hintsFor(name),
      })
    if (/[\n\r\0]/.test(word)) throw new UsageError('--vllm-arg must be a single line')
  }
  const option = (name: string, value: string | number | null) =>
    value === null ? [] : [`--${name}`, String(value)]
  return [
    'serve',
    source.kind === 'directory' ? source.dir : source.id,
    ...option('served-model-name', servedNameOf(options)),
    ...option('revision', source.kind === 'directory' ? null : source.revision),
    ...option('dtype', options.dtype),
    ...option('max-model-len', options.maxModelLen),
    ...option('tensor-parallel-size', tensor > 1 ? tensor : null),
    ...option('pipeline-parallel-size', pipeline > 1 ? pipeline : null),
    ...options.vllmArgs,
  ]
}

/**
 * A line in the log for each request, written by the process that is the first to be full, is off unless it is asked for.
 * Source: vLLM's FrontendArgs, 0.9 to 0.32.
 */
export function accessLog(
  given: readonly string[],
  { version }: Pick<VllmProgram, 'version'>,
): string[] {
  const [, major, minor] = /^(\d+)\.(\d+)/.exec(version ?? '') ?? []
  if (major === '0' && Number(minor) < 9) return []
  const isDecided = given.some((word) =>
    /^--(no-)?disable-uvicorn-access-log\b|^--uvicorn-log-level\b/.test(word),
  )
  return isDecided ? [] : ['--disable-uvicorn-access-log']
}

function hintsFor(name: string): string[] {
  if (name === 'api-key')
    return ['its key is made for each instance: api.token in the run directory']
  if (name === 'host' || name === 'port')
    return ['--expose   # the token gate on the node’s address']
  if (/^tensor|^pipeline/.test(name)) return [`--${name.replace('-size', '')} N`]
  return name === 'revision' ? ['--revision SHA'] : []
}
