import { basename, join } from 'node:path'
import { runWorker } from '../../bench/run-worker.js'
import type { VectorPlan, WorkerEvent, WorkerOrder } from '../../bench/vectors/plan.js'
import type { VectorResult } from '../../bench/vectors/result.js'
import {
  InstrumentError,
  InterruptedError,
  JobFailedError,
  PendingError,
  ThresholdError,
  UnreachableError,
  UsageError,
} from '../../platform/errors.js'
import { makePrivateDir, readJsonIfThere } from '../../platform/files.js'
import { shortId } from '../../platform/identifiers.js'
import { cpuModel } from '../../platform/machine.js'
import type { Step } from '../../platform/progress.js'
import { formatDuration, formatNumber } from '../../platform/units.js'
import type { Run } from '../../state/schema.js'
import { createRunDirectory } from '../../state/run-directories.js'
import type { Context } from '../contract.js'
import { describeInstance } from '../lifecycle/describe.js'
import { findInstance } from '../lifecycle/find.js'
import type { Observation } from '../lifecycle/observe.js'
import { jobFailed } from '../lifecycle/outcome.js'
import { look, reachOf } from '../lifecycle/ready.js'
import type { BenchReport, VectorBenchRequest } from '../reports.js'
import { planOf } from './bench-plan.js'

/** Of ingest, ground truth and start of the worker, on top of the measured time. A rough bound, for the wall-time check only. */
const OVERHEAD_MS = 20_000

/** Where the load goes: an instance of ours, or somebody's server of which only the address is known. */
interface Target {
  label: string
  url: string
  observation: Observation | null
  beside(argv: readonly string[]): readonly string[]
  serverPid: number | null
}

/**
 * Benchmarks a Chroma server from a worker process next to it.
 * @throws ThresholdError, InstrumentError or JobFailedError with the result as `data` when it was measured but is no success
 */
export async function benchChroma(
  context: Context,
  request: VectorBenchRequest,
): Promise<BenchReport> {
  const plan = await planOf(context, request)
  const target = request.url
    ? foreignTarget(request.url)
    : await instanceTarget(context, request, plan)
  const run = await openRun(context, target)
  const drawer = new BenchDrawer(context)
  try {
    const result = await runWorker({
      argv: target.beside([
        process.execPath,
        join(context.environment.installDir, 'dist/worker.js'),
      ]),
      order: await orderFor(context, plan, target, run, request),
      onEvent: (event) => drawer.show(event),
      signal: context.signal,
    })
    await closeRun(context, run, result)
    return await judge(context, plan, target, result)
  } catch (error) {
    await markFailed(context, run)
    throw await betterError(context, target, error)
  }
}

function foreignTarget(url: string): Target {
  let parsed: URL
  try {
    parsed = new URL(url)
  } catch {
    throw new UsageError(`--url is no address: "${url}"`, {
      hints: ['aibench chroma bench --url http://127.0.0.1:8000'],
    })
  }
  if (parsed.protocol !== 'http:')
    throw new UsageError(`--url must begin with http://, not ${parsed.protocol}//`)
  return {
    label: parsed.origin,
    url: parsed.origin,
    observation: null,
    beside: (argv) => argv,
    serverPid: null,
  }
}

async function instanceTarget(
  context: Context,
  { name }: VectorBenchRequest,
  plan: VectorPlan,
): Promise<Target> {
  const known = findInstance(await context.state.read(), 'chroma', name)
  const { observation, detail } = await look(context, known)
  const { instance, endpoint } = observation
  if (instance.phase === 'ended') throw await jobFailed(instance, 'and SERVICE is gone')
  if (instance.phase !== 'ready' || !endpoint)
    throw new PendingError(`${instance.name} is not ready: it is ${instance.phase}`, {
      evidence: detail ?? undefined,
      hints: [`aibench chroma check ${instance.name} --wait`],
    })
  refuseIfTooLong(context, observation, plan)
  const reach = reachOf(context, observation)
  return {
    label: instance.name,
    url: `${endpoint.scheme}://${endpoint.host}:${endpoint.port}`,
    observation,
    beside: reach.beside,
    serverPid: endpoint.pid,
  }
}

function refuseIfTooLong(context: Context, observation: Observation, plan: VectorPlan): void {
  const { leftMs, name } = describeInstance(context, observation)
  const neededMs = plan.concurrency.length * plan.repeats * plan.durationMs + OVERHEAD_MS
  if (leftMs === null || neededMs <= leftMs) return
  throw new UsageError(
    `The benchmark needs about ${formatDuration(neededMs)}, but ${name} has only ${formatDuration(leftMs)} left`,
    {
      code: 'AIB_WALLTIME',
      hints: ['aibench chroma bench --duration 2s --repeats 1', 'aibench chroma start --time 2h'],
    },
  )
}

async function openRun(context: Context, { label, observation }: Target): Promise<Run> {
  const id = shortId()
  const dir = observation
    ? join(observation.instance.runDir, 'bench', id)
    : await createRunDirectory(context, { id, service: 'chroma-url' })
  await makePrivateDir(dir)
  const run: Run = {
    id,
    service: 'chroma',
    instance: observation?.instance.id ?? null,
    target: label,
    dir,
    startedAt: context.clock.now().toISOString(),
    endedAt: null,
    verdict: 'running',
    summary: null,
  }
  await context.state.update((draft) => {
    draft.runs[id] = run
  })
  return run
}

async function orderFor(
  context: Context,
  plan: VectorPlan,
  target: Target,
  run: Run,
  { tokenFile }: VectorBenchRequest,
): Promise<WorkerOrder> {
  return {
    plan,
    url: target.url,
    tokenFile: tokenFile ?? null,
    serverPid: target.serverPid,
    runDir: run.dir,
    cacheDir: join(context.environment.cacheDir, 'ground-truth'),
    collection: `aibench-${run.id}-${shortId(6)}`,
    runId: run.id,
    provenance: await provenanceOf(context, target),
  }
}

async function provenanceOf(
  context: Context,
  { observation }: Target,
): Promise<Record<string, unknown>> {
  const { environment, version } = context
  const client = { aibench: version, node: process.version, submittedFrom: environment.hostname }
  if (!observation) return { ...client, cpu: cpuModel(), server: null }
  const { instance } = observation
  const record = (await readJsonIfThere(join(instance.runDir, 'job.json'))) as
    { provenance?: Record<string, unknown> } | undefined
  return {
    ...client,
    scheduler: await context.scheduler(instance.scheduler).version(),
    jobId: instance.jobId,
    nodes: instance.nodeList,
    instance: { id: instance.id, name: instance.name, runDir: basename(instance.runDir) },
    profile: instance.options.profile ?? null,
    server: record?.provenance ?? null,
  }
}

async function closeRun(context: Context, run: Run, result: VectorResult): Promise<void> {
  const summary = summaryLine(result)
  await context.state.update((draft) => {
    draft.runs[run.id] = { ...run, endedAt: result.endedAt, verdict: verdictOf(result), summary }
    const instance = run.instance === null ? undefined : draft.instances[run.instance]
    if (instance) instance.lastResult = summary
  })
}

async function markFailed(context: Context, run: Run): Promise<void> {
  await context.state.update((draft) => {
    if (draft.runs[run.id]?.verdict === 'running')
      Object.assign(draft.runs[run.id], {
        verdict: context.signal.aborted ? 'interrupted' : 'failed',
        endedAt: context.clock.now().toISOString(),
      })
  })
}

function verdictOf(result: VectorResult): Run['verdict'] {
  if (!result.complete) return 'interrupted'
  if (result.instrument.saturated) return 'instrument-saturated'
  return result.thresholds.every(({ met }) => met) ? 'ok' : 'threshold-missed'
}

/** `3 690 q/s · recall 0.998`: the best level, for the LAST RESULT column. */
function summaryLine({ concurrent, sequential }: VectorResult): string {
  const best = [sequential, ...concurrent].reduce((a, b) =>
    b.queriesPerSecond > a.queriesPerSecond ? b : a,
  )
  const recall = best.recallAtK === null ? '' : ` · recall ${best.recallAtK.toFixed(3)}`
  return `${formatNumber(best.queriesPerSecond)} q/s${recall}`
}

/** Measured; but is it a success? The order says what matters most: a server that died, errors, the instrument, thresholds. */
async function judge(
  context: Context,
  plan: VectorPlan,
  { observation }: Target,
  result: VectorResult,
): Promise<VectorResult> {
  const again = `aibench chroma bench --plan ${result.runId}`
  if (!result.complete) throw new InterruptedError('SIGINT', { data: result, hints: [again] })
  if (result.errors.share > plan.errorShareLimit) {
    const after = observation && (await look(context, observation.instance)).observation.instance
    if (after?.phase === 'ended') throw await jobFailed(after, 'during the benchmark', result)
    const classes = Object.entries(result.errors.byClass).map(([name, n]) => `${name} ${n}`)
    throw new JobFailedError(
      `${formatNumber(result.errors.share * 100)} % of the requests failed, more than ${plan.errorShareLimit * 100} %`,
      { code: 'AIB_ERROR_SHARE', evidence: classes.join(' · '), hints: [again], data: result },
    )
  }
  if (result.instrument.saturated)
    throw new InstrumentError('The instrument was the limit: these are not the server’s figures', {
      evidence: result.instrument.findings[0],
      hints: ['aibench chroma bench --concurrency 1,2', 'aibench chroma bench --client raw'],
      data: result,
    })
  const missed = result.thresholds.filter(({ met }) => !met)
  if (missed.length > 0)
    throw new ThresholdError(`Missed: ${missed.map(({ text }) => text).join(', ')}`, {
      hints: [again],
      data: result,
    })
  return result
}

/** A worker that failed because the server's job ended is told as that. */
async function betterError(context: Context, target: Target, error: unknown): Promise<unknown> {
  if (!target.observation || !(error instanceof UnreachableError)) return error
  const { observation } = await look(context, target.observation.instance)
  return observation.instance.phase === 'ended'
    ? jobFailed(observation.instance, 'during the benchmark', error.data)
    : error
}

/** One line a phase; the levels' live figures in the line that is open. */
class BenchDrawer {
  readonly #context: Context
  #step: Step | undefined

  constructor(context: Context) {
    this.#context = context
  }

  show(event: WorkerEvent): void {
    if (event.type === 'phase') {
      if (event.phase === 'done') return
      this.#step = this.#context.progress.step(event.phase)
      if (event.text) this.#step.update(event.text)
    } else if (event.type === 'phase-done') this.#step?.done(event.text)
    else if (event.type === 'sample') this.#step?.update(sampleText(event))
    else this.#step?.fail(event.message)
  }
}

function sampleText(sample: Extract<WorkerEvent, { type: 'sample' }>): string {
  const { concurrency, repeat, repeats, secondsLeft, queriesPerSecond, p99Ms, errors } = sample
  return [
    `c=${concurrency}, repeat ${repeat} of ${repeats}`,
    `${Math.ceil(secondsLeft)} s left`,
    `${formatNumber(queriesPerSecond)} q/s`,
    `p99 ${formatNumber(p99Ms)} ms`,
    `${errors} errors`,
    `client ${Math.round(sample.clientCores * 100)} % of a core`,
  ].join(' · ')
}
