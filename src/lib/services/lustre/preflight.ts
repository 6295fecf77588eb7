import type { Check, EstimateReport } from '../../instrument/filesystem/corpus/contract.js'
import { estimateFor } from '../../instrument/filesystem/corpus/estimate-for.js'
import type { RunPlan } from '../../instrument/filesystem/run-plan.js'
import type { Context, Place } from '../../jobs/contract.js'
import { aibench } from '../../platform/command-line.js'
import { EnvironmentError } from '../../platform/errors.js'
import { formatBytes, formatCount, formatDuration, formatNumber } from '../../platform/units.js'
import type { RunIni } from './ini-of.js'

/**
 * What is foretold of a run, against space, files, quotas and the time limit.
 * @returns what to know before it starts
 * @throws EnvironmentError `AIB_WILL_NOT_FIT` when even a small run of its kind could not fit, unless it is forced
 */
export async function foretold(
  { processes }: Pick<Context, 'processes'>,
  plan: RunPlan,
  ini: RunIni | null,
  { resources, holder }: Pick<Place, 'resources' | 'holder'>,
  isForced: boolean,
): Promise<string[]> {
  // Of IOR and mdtest alone their arguments decide.
  if (ini === null) return []
  const { dir, nodes, tasks, repeats } = plan
  const limitMs = Math.min(resources.timeLimitMs, holder?.leftMs ?? Infinity)
  const report = await estimateFor(
    {
      ...{ dir, nodes, tasks, repeats, config: ini.config },
      stonewallSeconds: ini.stonewallSeconds,
      limits: [{ what: 'time limit', seconds: limitMs / 1000 }],
    },
    processes,
  )
  const bad = report.checks.filter(({ fits }) => fits === 'no')
  if (bad.length > 0 && !isForced) throw willNotFit(plan, bad)
  return [
    estimateText(report),
    ...bad.map((check) => `${checkText(check)}: it will not fit, and goes on because of --force`),
    ...report.checks
      .filter(({ fits }) => fits === 'maybe')
      .map((check) => `${checkText(check)}: it may not fit`),
  ]
}

/** `it will write 0.4 to 2 TiB in 1 200 000 files and take 40m to 1h20m (from 19 public results)`. */
function estimateText({ bytes, inodes, wallSeconds, nodeHours, basis }: EstimateReport): string {
  const span = (low: string, high: string) => (low === high ? high : `${low} to ${high}`)
  const written = span(formatBytes(bytes.p10), formatBytes(bytes.p90))
  const files = span(formatCount(inodes.p10), formatCount(inodes.p90))
  const time = span(duration(wallSeconds.p10), duration(wallSeconds.p90))
  const bill = nodeHours.p50 < 0.1 ? '' : `, ${formatNumber(nodeHours.p50)} node-hours`
  return `it will write ${written} in ${files} files and take ${time}${bill}: from ${basis}`
}

function checkText({ what, unit, needed, available }: Check): string {
  const text = (value: number) =>
    unit === 'bytes'
      ? formatBytes(value)
      : unit === 'seconds'
        ? duration(value)
        : `${formatCount(value)} files`
  return `${what}: ${text(needed.p10)} to ${text(needed.p90)} needed, ${text(available ?? 0)} there`
}

const duration = (seconds: number) => formatDuration(seconds * 1000)

function willNotFit({ preset }: RunPlan, bad: readonly Check[]): EnvironmentError {
  const isTime = bad.every(({ unit }) => unit === 'seconds')
  const minutes = Math.ceil(Math.max(...bad.map(({ needed }) => needed.p90)) / 60)
  return new EnvironmentError(
    isTime
      ? 'The run can’t end within its time limit'
      : 'The run does not fit into the file system',
    {
      code: 'AIB_WILL_NOT_FIT',
      where: checkText(bad[0]),
      evidence: bad.length > 1 ? bad.slice(1).map(checkText).join('; ') : undefined,
      hints: [
        ...(isTime ? [`--time ${minutes}m`] : ['--dir ANOTHER']),
        ...(preset === 'debug' ? [] : ['--preset debug']),
        aibench('lustre', 'estimate', '--help'),
        '--force   # goes on all the same',
      ],
    },
  )
}
