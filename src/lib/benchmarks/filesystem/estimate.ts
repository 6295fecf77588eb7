import { basename, resolve } from 'node:path'
import { stonewallIn } from '../../instrument/filesystem/corpus/bounds.js'
import type { EstimateReport, IniValues } from '../../instrument/filesystem/corpus/contract.js'
import { estimateFor } from '../../instrument/filesystem/corpus/estimate-for.js'
import { historyIn } from '../../instrument/filesystem/corpus/history.js'
import { parseIni } from '../../instrument/filesystem/ini/ini.js'
import { presetIni, type Preset } from '../../instrument/filesystem/ini/presets.js'
import { NEWEST_RELEASE, schemaOf } from '../../instrument/filesystem/ini/releases.js'
import type { Context } from '../../jobs/contract.js'
import { over, settledBy, type OptionSet } from '../../options/set.js'
import { aibench } from '../../platform/command-line.js'
import { UsageError } from '../../platform/errors.js'
import { readTextIfThere } from '../../platform/files.js'
import { longestJob } from '../../scheduler/slurm/longest-job.js'
import { readResult } from '../settle-runs.js'
import { filesystem } from './kind.js'

/** What `lustre io500` would run; the same words mean the same. */
export interface EstimateRequest {
  nodes: number
  tasksPerNode: number
  /** All processes, where not every node has as many. */
  procs: number | null
  dir: string
  ini: string | null
  preset: Preset
  repeats: number
  timeLimitMs: number | null
  /** Whose limits of time count too. */
  partition: string | null
  qos: string | null
}

export interface RunEstimate extends EstimateReport {
  dir: string
  /** `config.ini`, `preset quick`. */
  ini: string
  /** A wall time in which nine of ten runs end, in ms: whole quarters of an hour. */
  timeToAskForMs: number
}

/** As `lustre io500` starts on each node where nothing says how many. */
const USUAL_TASKS_PER_NODE = 16

/** What was typed, else what the user has set, else what `lustre io500` would take. */
export function requestFrom(
  { settings }: Pick<Context, 'settings'>,
  options: OptionSet,
  typed: Partial<EstimateRequest>,
): EstimateRequest {
  const usual: EstimateRequest = {
    nodes: 1,
    tasksPerNode: Number(settings.get('lustre.tasks-per-node')) || USUAL_TASKS_PER_NODE,
    procs: null,
    dir: '.',
    ini: null,
    preset: 'quick',
    repeats: 1,
    timeLimitMs: null,
    partition: null,
    qos: null,
  }
  return over(over(usual, settledBy(options, settings)), typed)
}

const QUARTER_MS = 15 * 60_000
/** As many of one's own runs are read, the newest. */
const MOST_RUNS = 20

/**
 * What a run will write and how long it takes, against the space, the quotas and the time that there are. Submits nothing.
 * @throws UsageError when there is no such ini file
 */
export async function estimateRun(
  context: Context,
  request: EstimateRequest,
): Promise<RunEstimate> {
  const { nodes, tasksPerNode, repeats, timeLimitMs } = request
  const dir = resolve(context.environment.cwd, request.dir)
  const { name, config } = await iniOf(request, context.environment.cwd)
  const limits = [
    ...(timeLimitMs === null ? [] : [{ what: 'time limit', ms: timeLimitMs }]),
    ...(await longestJob(context.processes, request)),
  ]
  const report = await estimateFor(
    {
      nodes,
      tasks: request.procs ?? nodes * tasksPerNode,
      stonewallSeconds: stonewallIn(config),
      repeats,
      config,
      history: await historyOn(context, dir),
      dir,
      limits: limits.map(({ what, ms }) => ({ what, seconds: ms / 1000 })),
    },
    context.processes,
  )
  const timeToAskForMs = Math.ceil((report.wallSeconds.p90 * 1000) / QUARTER_MS) * QUARTER_MS
  return { ...report, dir, ini: name, timeToAskForMs }
}

async function iniOf(
  { ini, preset }: Pick<EstimateRequest, 'ini' | 'preset'>,
  cwd: string,
): Promise<{ name: string; config: IniValues }> {
  if (ini === null) {
    const { config } = parseIni(presetIni(preset, schemaOf(NEWEST_RELEASE)))
    return { name: `preset ${preset}`, config }
  }
  const text = await readTextIfThere(resolve(cwd, ini))
  if (text !== undefined) return { name: basename(ini), config: parseIni(text).config }
  throw new UsageError(`There is no ini file ${ini}`, {
    code: 'AIB_NO_INI',
    hints: [aibench('lustre', 'ini', 'new', '-o', 'config.ini'), '--preset quick'],
  })
}

async function historyOn(context: Context, dir: string) {
  const { runs } = await context.state.read()
  const newest = Object.values(runs)
    .toSorted((a, b) => b.startedAt.localeCompare(a.startedAt))
    .slice(0, MOST_RUNS)
  const results = await Promise.all(newest.map((run) => readResult(run, filesystem)))
  return historyIn(
    results.filter((result) => result !== null),
    dir,
  )
}
