import { cachedOf } from './engine-facts.js'
import type { LogStage } from '../../jobs/contract.js'

/**
 * The start-up of vLLM as its log tells it. The script runs it with TZ=UTC, so its times are on one clock with our own marker lines;
 * they have no year, which the marker has.
 * Source: logs of vLLM 0.32 (CPU) and 0.26 (H100); the shard lines are of transformers' progress bar, from 0.6 on.
 */

interface Sign {
  stage: 'weights' | 'compile' | 'graphs' | 'warm-up' | 'ready'
  pattern: RegExp
}

/** The first line of each stage. One that is missing (eager mode compiles nothing) is passed over. */
const SIGNS: readonly Sign[] = [
  {
    stage: 'weights',
    pattern:
      /Starting to load model|Loading model from scratch|Loading safetensors checkpoint shards/,
  },
  {
    stage: 'compile',
    pattern:
      /Loading (model )?weights took|Model loading took|torch\.compile (takes|took)|init engine|KV cache size/,
  },
  // Only where graphs are captured: a GPU that is not told to be eager.
  { stage: 'warm-up', pattern: /Graph capturing finished/ },
  { stage: 'ready', pattern: /Starting vLLM (API )?server/ },
]

const GRAPHS = /Graph capturing finished|Capturing CUDA graphs/
const GRAPHS_BEGIN: Sign = { stage: 'graphs', pattern: /KV cache size: / }
/** Said by the script before it starts an image. */
const CONTAINER = / aibench: in the image /
const MARKER = /^(\d{4})-\S+Z aibench: \S+ on \S+, started$/
const OUR_TIME = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z) aibench: /
const VLLM_TIME = /\b(?:DEBUG|INFO|WARNING|ERROR) (\d\d)-(\d\d) (\d\d:\d\d:\d\d) \[/
const SHARDS = /checkpoint shards: +\d+% Completed \| (\d+)\/(\d+)/
const SIZE = /Checkpoint size: ([\d.]+) GiB/

/** @param lines of stdout.log and stderr.log, one after the other */
export function vllmStages(lines: readonly string[]): LogStage[] {
  // A requeued job writes on in the same files: only its last start counts.
  const begin = lines.findLastIndex((line) => MARKER.test(line))
  const started = OUR_TIME.exec(lines[begin] ?? '')?.[1]
  if (started === undefined) return []
  const texts = new Map([
    ['container', ''],
    ['imports', ''],
    ['graphs', graphsText(lines.slice(begin))],
    ['weights', weightsText(lines.slice(begin))],
    ['compile', compileText(lines.slice(begin))],
  ])
  const own = lines.slice(begin + 1)
  const first = own.some((line) => CONTAINER.test(line)) ? 'container' : 'imports'
  const stages: LogStage[] = [{ name: first, at: started, text: '' }]
  const signs = own.some((line) => GRAPHS.test(line)) ? [...SIGNS, GRAPHS_BEGIN] : SIGNS
  for (const { stage, pattern } of signs) {
    const line = lines.find(
      (text, index) => index > begin && pattern.test(text) && VLLM_TIME.test(text),
    )
    const at = line && timeOf(line, started)
    if (at) stages.push({ name: stage, at, text: '' })
  }
  return stages
    .sort((a, b) => a.at.localeCompare(b.at))
    .map((stage) => ({ ...stage, text: texts.get(stage.name) ?? '' }))
}

/** The year is the marker's, or the next at the turn of the year. */
function timeOf(line: string, started: string): string | undefined {
  const [, month, day, time] = VLLM_TIME.exec(line) ?? []
  if (month === undefined) return undefined
  const year = Number(started.slice(0, 4))
  const inYear = (number: number) => `${number}-${month}-${day}T${time}.000Z`
  // vLLM's times have no fractions: one may seem to be just before the marker.
  const isBefore = Date.parse(inYear(year)) < Date.parse(started) - 86_400_000
  const at = inYear(isBefore ? year + 1 : year)
  return at < started ? started : at
}

/** `2 of 4 shards · 15.1 GiB`. */
function weightsText(lines: readonly string[]): string {
  const [, done, all] = lastMatch(lines, SHARDS) ?? []
  const [, size] = lastMatch(lines, SIZE) ?? []
  return [done && `${done} of ${all} shards`, size && `${size} GiB`].filter(Boolean).join(' · ')
}

/** `torch.compile 34.2 s`, and then the graphs of it. */
function compileText(lines: readonly string[]): string {
  const [, seconds] = lastMatch(lines, /torch\.compile (?:takes|took) ([\d.]+) s/) ?? []
  const isCached = cachedOf(lines) === true
  if (lines.some((line) => GRAPHS.test(line)))
    return seconds
      ? `torch.compile ${seconds} s${isCached ? ', cached' : ''}`
      : isCached
        ? 'cached'
        : ''
  const [, tokens] = lastMatch(lines, /KV cache size: ([\d,]+) tokens/) ?? []
  return [
    seconds && `torch.compile ${seconds} s${isCached ? ', cached' : ''}`,
    tokens && `KV cache of ${tokens.replaceAll(',', ' ')} tokens`,
  ]
    .filter(Boolean)
    .join(' · ')
}

/** `51 of 51 graphs · KV cache of 1 149 552 tokens`. */
function graphsText(lines: readonly string[]): string {
  const [, done, all] = lastMatch(lines, /Capturing CUDA graphs.*\b(\d+)\/(\d+)/) ?? []
  const [, tokens] = lastMatch(lines, /KV cache size: ([\d,]+) tokens/) ?? []
  return [
    done && `${done} of ${all} graphs`,
    tokens && `KV cache of ${tokens.replaceAll(',', ' ')} tokens`,
  ]
    .filter(Boolean)
    .join(' · ')
}

function lastMatch(lines: readonly string[], pattern: RegExp): RegExpExecArray | undefined {
  for (let index = lines.length - 1; index >= 0; index--) {
    const match = pattern.exec(lines[index])
    if (match) return match
  }
  return undefined
}
