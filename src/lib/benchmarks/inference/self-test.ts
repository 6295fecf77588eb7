import { UsageError } from '../../platform/errors.js'
import { join } from 'node:path'
import { calibrate } from '../../instrument/inference/calibrate.js'
import { cpuModel } from '../../platform/machine.js'
import type { Context } from '../../jobs/contract.js'

/** The instrument against its own null server. */
export interface SelfTestReport {
  /** Events that come many at once. */
  eventsPerCpuSecond: number
  /** Events that come one at a time on many streams, each with a read of its own. */
  streamedEventsPerCpuSecond: number
  requestsPerCpuSecond: number
  dispatchLagMs: { p50: number; p99: number; max: number }
  node: string
  cpu: string | null
}

const SLICE_MS = 1_000

/** The instrument against a server that answers at once: what one core of this machine can measure. */
export async function selfTest({ environment, progress }: Context): Promise<SelfTestReport> {
  const step = progress.step('self-test')
  const program = join(environment.installDir, 'dist/worker.js')
  const burst = await calibrate(program, 'stream', SLICE_MS)
  const streams = await calibrate(program, 'streams', SLICE_MS)
  step.done()
  return {
    eventsPerCpuSecond: burst.eventsPerCpuSecond,
    streamedEventsPerCpuSecond: streams.eventsPerCpuSecond,
    requestsPerCpuSecond: burst.requestsPerCpuSecond,
    dispatchLagMs: burst.turnaroundMs,
    node: environment.hostname,
    cpu: cpuModel(),
  }
}

/** With --self-test there is no server and no workload. */
const OF_THE_OUTPUT = ['self-test', 'json', 'quiet', 'no-color', 'no-input', 'events']

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
