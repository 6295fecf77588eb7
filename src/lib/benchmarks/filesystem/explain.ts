import { join } from 'node:path'
import type { Standing, WeakPhase, Source } from '../../instrument/filesystem/corpus/contract.js'
import { publicList } from '../../instrument/filesystem/corpus/lists.js'
import { percentile, weakest } from '../../instrument/filesystem/corpus/percentile.js'
import { adviceFor, type Advice } from '../../instrument/filesystem/judge/advice.js'
import type {
  HashCheck,
  JudgedScore,
  Known,
  Problem,
} from '../../instrument/filesystem/judge/contract.js'
import { judge } from '../../instrument/filesystem/judge/judge.js'
import type { ReadResult } from '../../instrument/filesystem/read/contract.js'
import { read } from '../../instrument/filesystem/read/read-results.js'
import { repeatOf } from '../../instrument/filesystem/repeat.js'
import type { Program, ResultPhase } from '../../instrument/filesystem/result.js'
import { readRunPlan } from '../../instrument/filesystem/run-plan.js'
import type { Context } from '../../jobs/contract.js'
import { jobFailed } from '../../jobs/outcome.js'
import { reconcile } from '../../jobs/reconcile.js'
import { aibench } from '../../platform/command-line.js'
import { JobFailedError, NotFoundError, PendingError } from '../../platform/errors.js'
import { exists } from '../../platform/files.js'
import { nearest } from '../../platform/nearest.js'
import type { Instance, OutcomeRecord } from '../../state/schema.js'

/** One result of somebody, understood: what it says, whether that counts, where it stands, and what to do about it. */
export interface Explained {
  program: Program
  /** As it was asked for, and the file that tells most. */
  path: string
  source: string
  version: string | null
  mode: string | null
  nodes: number | null
  procs: number | null
  /** As written there, mostly without a zone. */
  startedAt: string | null
  valid: boolean
  isComplete: boolean
  problems: Problem[]
  score: JudgedScore | null
  extendedScore: JudgedScore | null
  hash: HashCheck
  configHash: HashCheck
  phases: ExplainedPhase[]
  /** The public list of the percentiles; null of IOR and mdtest, which have none. */
  list: { name: string; source: Source } | null
  /** Of the score in that list. */
  standing: Standing | null
  /** The phase that costs the score most. */
  limit: WeakPhase | null
  advice: Advice[]
}

/** Of IOR and mdtest with more than one repetition, how far they lie apart. */
export type ExplainedPhase = ResultPhase & { range?: { min: number; max: number } }

/** One result has its own fields at the top; of several there is a list. */
export type ExplainReport = Explained | { valid: boolean; results: Explained[] }

export interface ExplainRequest {
  /** Paths, or ids and names of runs of ours. */
  paths: readonly string[]
  /** An invalid result is a failure. */
  strict: boolean
  /** Only for what is no path. */
  context: () => Promise<Context>
  note(text: string): void
}

/** @throws NotFoundError for what is neither a path nor a run; JobFailedError with the report when `strict` and something is invalid */
export async function explain({
  paths,
  strict,
  context,
  note,
}: ExplainRequest): Promise<ExplainReport> {
  const results: Explained[] = []
  for (const path of paths) {
    const { at, known } = await located(path, context)
    const found = await read(at)
    for (const { file, text } of found.notes.slice(0, 5)) note(`${file} ${text}`)
    for (const result of found.results) results.push(await explained(path, result, known))
  }
  const report: ExplainReport =
    results.length === 1 ? results[0] : { valid: results.every(({ valid }) => valid), results }
  const bad = results.filter(({ valid }) => !valid)
  if (strict && bad.length > 0)
    throw new JobFailedError(
      results.length === 1
        ? 'The result is not valid'
        : `${bad.length} of ${results.length} results are not valid`,
      { code: 'AIB_RESULT_INVALID', data: report },
    )
  return report
}

async function explained(path: string, found: ReadResult, known: Known): Promise<Explained> {
  if (found.kind !== 'io500') return alone(path, found, known)
  const { run } = found
  const list = await publicList('lustre')
  const judgement = judge(run, known)
  const { score, phases } = judgement
  const nodes = known.nodes ?? run.nodes
  const isOwn = !judgement.problems.some(({ code }) => code === 'two-writers')
  const isMeasured = judgement.isComplete && score !== null && score.total > 0 && isOwn
  const limit = isMeasured ? weakest(run.phases, list) : null
  return {
    program: 'io500',
    path,
    source: found.source,
    version: run.version,
    mode: run.mode,
    nodes,
    procs: run.procs,
    startedAt: run.startedAt,
    ...judgement,
    phases: phases.map((phase) => ({
      ...phase,
      percentile:
        phase.value === null
          ? null
          : (percentile(phase.name, phase.value, list)?.percentile ?? null),
    })),
    list: { name: list.name, source: list.source },
    standing: isMeasured ? percentile('score', score.total, list) : null,
    limit,
    advice: limit ? adviceFor(limit.name, run, nodes) : [],
  }
}

/** IOR or mdtest: no score, no rules, no list. */
function alone(
  path: string,
  found: ReadResult & { kind: 'ior' | 'mdtest' },
  known: Known,
): Explained {
  const { report } = found
  const facts = { number: 1, resultDir: path, exitCode: 0, durationMs: null, known }
  const { valid, isComplete, problems, phases } = repeatOf(facts, [found], null)
  const none = { stated: null, computed: null, ok: null, why: `${found.kind} makes none` }
  return {
    program: found.kind,
    path,
    source: found.source,
    version: report.version,
    mode: null,
    nodes: report.nodes,
    procs: report.tasks,
    startedAt: report.startedAt,
    valid,
    isComplete,
    problems: problems.map((one) => ({ evidence: null, ...one })),
    score: null,
    extendedScore: null,
    hash: none,
    configHash: none,
    phases: phases.map((phase) => withRange(phase, found)),
    list: null,
    standing: null,
    limit: null,
    advice: [],
  }
}

function withRange(
  phase: ResultPhase,
  found: ReadResult & { kind: 'ior' | 'mdtest' },
): ExplainedPhase {
  const values =
    found.kind === 'ior'
      ? found.report.results
          .filter(({ access }) => access === phase.name)
          .flatMap(({ bandwidthMiBPerSecond }) => bandwidthMiBPerSecond ?? [])
          .map((mebibytes) => mebibytes / 1024)
      : found.report.rates
          .filter(({ operation }) => operation === phase.name)
          .flatMap(({ minPerSecond, maxPerSecond }) => [minPerSecond / 1000, maxPerSecond / 1000])
  const range = { min: Math.min(...values), max: Math.max(...values) }
  return range.max > range.min ? { ...phase, range } : phase
}

/** What is there as a file is meant; else a run or an instance of ours, whose job tells more than the files. */
async function located(
  path: string,
  context: () => Promise<Context>,
): Promise<{ at: string; known: Known }> {
  if (await exists(path)) return { at: path, known: {} }
  const surroundings = await context()
  const { instances, runs } = await surroundings.state.read()
  const instance = Object.values(instances)
    .filter(({ name, id }) => name === path || id === path)
    .toSorted((a, b) => b.intendedAt.localeCompare(a.intendedAt))[0]
  const dir = instance?.runDir ?? (Object.hasOwn(runs, path) ? runs[path].dir : undefined)
  if (dir === undefined) {
    const close = nearest(path, [
      ...Object.keys(runs),
      ...Object.values(instances).map(({ name }) => name),
    ])
    throw new NotFoundError(
      `There is neither a file nor a run called "${path}"${close ? `; did you mean "${close}"?` : ''}`,
      { code: 'AIB_RESULT_NOT_FOUND', hints: [aibench('runs', 'list')] },
    )
  }
  const plan = await readRunPlan(dir)
  const results = join(dir, 'results')
  const isBegun = await exists(results)
  const end = instance && plan ? await endOf(surroundings, instance, isBegun) : undefined
  return {
    at: isBegun ? results : dir,
    known: { tasks: plan?.tasks, nodes: plan?.nodes, end },
  }
}

/**
 * How the job of a run ended.
 * @throws PendingError while it goes on; JobFailedError when it ended before there was anything to explain
 */
async function endOf(context: Context, asked: Instance, isBegun: boolean): Promise<Known['end']> {
  const [{ instance }] =
    asked.phase === 'ended' ? [{ instance: asked }] : await reconcile(context, [asked])
  const { name, phase, outcome } = instance
  if (phase !== 'ended')
    throw new PendingError(`${name} is not done: it can be explained when it is`, {
      hints: [aibench('lustre', 'logs', name, '-f'), aibench('lustre', 'check', name, '--wait')],
    })
  if (isBegun) return outcome ? ENDS[outcome.kind] : undefined
  const { message, where, evidence, hints } = await jobFailed(
    context,
    instance,
    'before the run began',
  )
  const others = hints.filter((hint) => hint !== aibench('lustre', 'explain', name))
  throw new JobFailedError(message, { where, evidence, hints: others })
}

const ENDS: Partial<Record<OutcomeRecord['kind'], Known['end']>> = {
  timeout: { cause: 'time-limit', text: 'The time limit of the job was reached.' },
  'node-failed': { cause: 'node', text: 'A node of the job failed.' },
  cancelled: { cause: 'cancelled', text: 'The job was cancelled.' },
  preempted: { cause: 'cancelled', text: 'The job had to make room for another one.' },
  'out-of-memory': { cause: 'memory', text: 'A node ran out of memory.' },
}
