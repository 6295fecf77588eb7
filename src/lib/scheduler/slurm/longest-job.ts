import type { Processes } from '../../platform/processes.js'
import { parseSlurmTimeMs } from '../../platform/units.js'

/** How long a job may last at most, by whom. */
export interface LongestJob {
  what: string
  ms: number
}

const TIMEOUT_MS = 10_000

/**
 * The limits of a partition and of a QoS, where they are named and have one. Never throws: what can't be asked is not in the list.
 * Sources: scontrol(1), show partition; sacctmgr(1), show qos.
 */
export async function longestJob(
  { run }: Pick<Processes, 'run'>,
  { partition, qos }: { partition: string | null; qos: string | null },
): Promise<LongestJob[]> {
  const ask = async (command: string, args: string[]) => {
    const { exitCode, stdout } = await run(command, args, { timeoutMs: TIMEOUT_MS })
    return exitCode === 0 ? stdout : ''
  }
  const [ofPartition, ofQos] = await Promise.all([
    partition === null ? '' : ask('scontrol', ['show', 'partition', partition, '--oneliner']),
    qos === null ? '' : ask('sacctmgr', ['-nP', 'show', 'qos', qos, 'format=maxwall']),
  ])
  const [, maxTime = ''] = /\bMaxTime=(\S+)/.exec(ofPartition) ?? []
  return [
    limit(`partition ${partition}`, maxTime),
    limit(`QoS ${qos}`, ofQos.trim().split('\n')[0]),
  ].flat()
}

/** `UNLIMITED`, and nothing at all, are no limit. */
function limit(what: string, text: string): LongestJob[] {
  const ms = parseSlurmTimeMs(text)
  return ms === undefined || ms <= 0 ? [] : [{ what, ms }]
}
