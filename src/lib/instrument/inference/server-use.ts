import type { GpuSample } from '../measure/gpu-watch.js'
import type { InferenceResult, Throughput } from './result.js'
import type { GpuFigures, ServerGpus, ServerProcesses } from './result-server.js'
import { ROLES } from './server-roles.js'
import type { ServerUsage } from '../load/workers-usage.js'

/** What server, GPUs and gate used over all repeats that were measured, and what follows from it. */

/** What came of it. */
export type GpuWork = Pick<Throughput, 'durationMs' | 'outputTokensPerSecond'>

/** A process of Python has one core; one that is this busy answers no faster whatever its GPUs do. */
const FULL_CORES = 0.85
/** From here on the GPUs have no room to speak of. */
const BUSY_GPU_SHARE = 0.7

export function serverUse(
  usages: readonly ServerUsage[],
  work: GpuWork,
): Pick<InferenceResult['server'], 'processes' | 'gpus' | 'isFrontEndFull'> {
  const processes = processesOf(usages)
  const gpus = gpusOf(
    usages.flatMap((usage) => usage.gpus),
    work,
  )
  const api = processes?.find(({ role }) => role === 'api')
  // Where the engine shares its process nobody can tell who of them was busy.
  const isApart = processes?.some(({ role }) => role === 'engine')
  const hasRoom = (gpus?.busyShare?.mean ?? 0) < BUSY_GPU_SHARE
  return {
    processes,
    gpus,
    isFrontEndFull: Boolean(isApart && hasRoom && api && api.busiestCores >= FULL_CORES),
  }
}

/** CPU seconds of each role over all repeats ÷ their length; null when they can't be seen, or none of them is known as vLLM's. */
function processesOf(usages: readonly ServerUsage[]): ServerProcesses[] | null {
  const seen = usages.filter(({ roles }) => roles !== null)
  const seconds = seen.reduce((sum, { wallMs }) => sum + wallMs / 1000, 0)
  const all = seen.flatMap(({ roles }) => roles!)
  if (seconds === 0 || all.every(({ role }) => role === 'other')) return null
  const sum = (role: string, name: 'cpuSeconds' | 'busiestCpuSeconds') =>
    all.filter((one) => one.role === role).reduce((total, one) => total + one[name], 0)
  return ROLES.filter((role) => all.some((one) => one.role === role)).map((role) => ({
    role,
    count: Math.max(...all.filter((one) => one.role === role).map(({ count }) => count)),
    cores: sum(role, 'cpuSeconds') / seconds,
    busiestCores: sum(role, 'busiestCpuSeconds') / seconds,
  }))
}

function gpusOf(
  looks: readonly GpuSample[],
  { durationMs, outputTokensPerSecond }: GpuWork,
): ServerGpus | null {
  const rounds = roundsOf(looks)
  if (rounds.length === 0) return null
  const total = (name: 'memoryMiB' | 'powerW') =>
    meanMax(rounds.map((round) => sumOf(round.map((look) => look[name]))))
  const powerW = total('powerW')
  return {
    looks: rounds.length,
    busyShare: meanMax(looks.map(({ busyShare }) => busyShare)),
    memoryMiB: total('memoryMiB'),
    powerW,
    energyJ: powerW && powerW.mean * (durationMs / 1000),
    tokensPerJoule: powerW && powerW.mean > 0 ? outputTokensPerSecond / powerW.mean : null,
    tokensPerGpuHour: (outputTokensPerSecond * 3600) / rounds[0].length,
    each: rounds[0].map(({ index, uuid }) => {
      const own = looks.filter((look) => look.uuid === uuid)
      const of = (name: keyof GpuFigures) => meanMax(own.map((look) => look[name]))
      return {
        index,
        uuid,
        busyShare: of('busyShare'),
        memoryMiB: of('memoryMiB'),
        powerW: of('powerW'),
      }
    }),
  }
}

/** All GPUs at one moment; a round that a repeat began or ended within is left out. */
function roundsOf(looks: readonly GpuSample[]): GpuSample[][] {
  const rounds: GpuSample[][] = []
  for (const look of looks) {
    const last = rounds.at(-1)
    if (last && !last.some(({ uuid }) => uuid === look.uuid)) last.push(look)
    else rounds.push([look])
  }
  const count = Math.max(0, ...rounds.map(({ length }) => length))
  return rounds.filter(({ length }) => length === count)
}

function meanMax(values: readonly (number | null)[]): { mean: number; max: number } | null {
  const known = values.filter((value) => value !== null)
  if (known.length === 0) return null
  return { mean: known.reduce((a, b) => a + b, 0) / known.length, max: Math.max(...known) }
}

/** What a sum lacks is unknown, and so is the sum. */
function sumOf(values: readonly (number | null)[]): number | null {
  return values.reduce((sum, value) => (sum === null || value === null ? null : sum + value), 0)
}

/** By the gate's own word, over all repeats; null of a gate that does not tell in each of them. */
export function gateCoresOf(usages: readonly ServerUsage[]): number | null {
  const gates = usages.map(({ gate }) => gate)
  if (gates.length === 0 || gates.includes(null)) return null
  const sum = (name: 'cpuSeconds' | 'upSeconds') =>
    gates.reduce((total, gate) => total + gate![name], 0)
  return sum('cpuSeconds') / sum('upSeconds')
}

/** Its own CPU time an event, by bench/gate.ts; docs/decisions/0010. */
const GATE_US_AN_EVENT = 34

/** The gate is one process on the server's node: what it takes is in the figures. */
export function gateWarnings({
  path,
  gateCores,
  instrument,
}: Pick<InferenceResult, 'path' | 'gateCores' | 'instrument'>): string[] {
  if (path !== 'gate') return []
  const percent = (cores: number) => Math.round(cores * 100)
  const used =
    gateCores === null
      ? `used about ${percent((instrument.eventsPerSecond * GATE_US_AN_EVENT) / 1e6)} % of the one core that it has (estimated: ${GATE_US_AN_EVENT} µs an event)`
      : `used ${percent(gateCores)} % of the one core that it has`
  return [`measured through the token gate: it ${used}, and adds about 0.1 ms to a request`]
}
