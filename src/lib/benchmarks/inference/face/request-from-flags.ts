import type * as Interfaces from '@oclif/core/interfaces'
import { UsageError } from '../../../platform/errors.js'
import type { BenchRequest } from '../../bench.js'
import { foreignFrom } from '../../face/foreign-flags.js'
import { timeFrom } from '../../../jobs/face/flags.js'
import type { InferenceAsked } from '../plan-from-request.js'
import type { inferenceBenchFlags } from './flags.js'

export type BenchFlagValues = Interfaces.InferredFlags<typeof inferenceBenchFlags>

const LOADS = ['rate', 'concurrency', 'ramp', 'trace-speed'] as const
/** With --self-test there is no server and no workload. */
const OF_THE_OUTPUT = ['self-test', 'json', 'quiet', 'no-color', 'no-input', 'events']

/**
 * The request's fields as far as they were given; the service fills in the rest.
 * @throws UsageError naming the flags that can't stand together
 */
export function inferenceBenchFrom(
  flags: BenchFlagValues,
): Omit<BenchRequest<InferenceAsked>, 'service'> {
  refuseTwoLoads(flags)
  return {
    foreign: foreignFrom(flags, flags['api-key-file']),
    subject: flags['served-model-name'],
    planFrom: flags.plan,
    clientNodes: flags['client-nodes'],
    asked: benchFlags(flags),
  }
}

function benchFlags(flags: BenchFlagValues): InferenceAsked {
  const { dataset, endpoint, rate, concurrency, ramp, warmup, seed, repeats, salt } = flags
  return {
    ...{ dataset, rate, concurrency, ramp, warmup, seed, repeats, salt },
    numPrompts: flags['num-prompts'],
    inputLen: flags['input-len'],
    outputLen: flags['output-len'],
    endpoint: endpoint as InferenceAsked['endpoint'],
    arrival: arrivalOf(flags),
    burstiness: numberOf(flags, 'burstiness'),
    traceSpeed: numberOf(flags, 'trace-speed'),
    temperature: numberOf(flags, 'temperature'),
    errorShareLimit: numberOf(flags, 'max-error-share'),
    durationMs: timeOf(flags, 'duration'),
    ttftTimeoutMs: timeOf(flags, 'ttft-timeout'),
    idleTimeoutMs: timeOf(flags, 'idle-timeout'),
    totalTimeoutMs: timeOf(flags, 'total-timeout'),
    slo: flags.slo,
    goodput: flags.goodput,
    findMaxRate: flags['find-max-rate'] || undefined,
    pairedBaseline: flags['paired-baseline'] || undefined,
    clients: flags.clients,
    maxConcurrency: flags['max-concurrency'],
    extraBody: flags['extra-body'],
  }
}

/** Burstiness says which arrival is meant. */
function arrivalOf({ arrival, burstiness }: BenchFlagValues): InferenceAsked['arrival'] {
  return (arrival as InferenceAsked['arrival']) ?? (burstiness === undefined ? undefined : 'gamma')
}

function refuseTwoLoads(flags: BenchFlagValues): void {
  const given = LOADS.filter((name) => flags[name] !== undefined)
  if (given.length > 1)
    throw new UsageError(
      `${given.map((name) => `--${name}`).join(' and ')} exclude each other: give one of them`,
      {
        code: 'AIB_LOAD',
        hints: [
          'aibench vllm bench --rate 4           # requests at their own times (open loop)',
          'aibench vllm bench --concurrency 32   # always 32 in flight (closed loop)',
        ],
      },
    )
  const ofRate = (['arrival', 'burstiness'] as const).find((name) => flags[name] !== undefined)
  if (ofRate && given.length === 1 && given[0] !== 'rate')
    throw new UsageError(`--${ofRate} goes with --rate, not with --${given[0]}`, {
      code: 'AIB_LOAD',
    })
  if (flags.burstiness !== undefined && (flags.arrival ?? 'gamma') !== 'gamma')
    throw new UsageError(`--burstiness goes with --arrival gamma, not with ${flags.arrival}`, {
      code: 'AIB_LOAD',
    })
  // A rate is where the search begins.
  const other = given.find((name) => name !== 'rate') ?? (flags.rate === 'inf' ? 'rate inf' : null)
  if (flags['find-max-rate'] && other)
    throw new UsageError(`--find-max-rate searches over rates: leave --${other} out`, {
      code: 'AIB_LOAD',
      hints: ["aibench vllm bench --find-max-rate --rate 16 --slo 'ttft_p99<500ms'"],
    })
}

/** @throws UsageError naming a flag that asks for a workload or a server */
export function refuseBesideSelfTest(
  flags: Readonly<Record<string, unknown>>,
  name: string | undefined,
): void {
  const other = Object.keys(flags).find(
    (flag) => !OF_THE_OUTPUT.includes(flag) && flags[flag] !== undefined && flags[flag] !== false,
  )
  if (other === undefined && name === undefined) return
  throw new UsageError(
    `--self-test measures the client alone: leave out ${other ? `--${other}` : `"${name}"`}`,
  )
}

function numberOf(
  flags: BenchFlagValues,
  name: 'burstiness' | 'trace-speed' | 'temperature' | 'max-error-share',
): number | undefined {
  const text = flags[name]
  if (text === undefined) return undefined
  const number = Number(text)
  if (text.trim() !== '' && Number.isFinite(number) && number >= 0) return number
  throw new UsageError(`--${name} must be a number, not "${text}"`)
}

function timeOf(
  flags: BenchFlagValues,
  name: 'duration' | 'ttft-timeout' | 'idle-timeout' | 'total-timeout',
): number | undefined {
  const text = flags[name]
  return text === undefined ? undefined : timeFrom(text, name)
}
