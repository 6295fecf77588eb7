import { createHash } from 'node:crypto'
import { closedLoop, scheduleFor, workersFor, type Schedule } from '../load/schedule.js'
import { MOST_STEPS } from '../load/search.js'
import type { InferenceDataset } from './item.js'
import type { InferencePlan } from './plan.js'

/** One repeat of the workload. `repeat` decides prompts and arrivals; the baseline has the same ones without constraints. */
export interface Repeat {
  repeat: number
  variant: 'main' | 'baseline' | 'warm-up'
  /** Instead of the plan's rate: a step of the search for the highest one. */
  ratePerSecond?: number
}

/** Its prompts are those of no other repeat. */
export const WARM_UP: Repeat = { repeat: -1, variant: 'warm-up' }

/** A step of a search lasts at least so long: fewer arrivals would fit into the server's slots at any rate. */
const STEP_S = 10
/** And until so many came, where a shorter duration was asked for: of none nothing can be said. */
const STEP_REQUESTS = 3
const WARM_UP_CONCURRENCY = 4
/** A duration ends it first. */
const NO_END = 1e9

export function scheduleOf(
  plan: InferencePlan,
  dataset: InferenceDataset,
  repeat: Repeat,
): Schedule {
  return repeat.variant === 'warm-up' ? warmUpOf(plan, dataset) : measured(plan, dataset, repeat)
}

function measured(
  { load, numPrompts, durationMs, seed }: InferencePlan,
  { size, item }: InferenceDataset,
  { repeat, ratePerSecond }: Repeat,
): Schedule {
  const isStep = ratePerSecond !== undefined
  const isLongEnough = !isStep || durationMs !== null
  return scheduleFor(load, {
    count: isLongEnough ? numPrompts : Math.max(numPrompts, Math.ceil(ratePerSecond * STEP_S)),
    durationMs,
    least: isStep ? STEP_REQUESTS : 0,
    seed,
    stream: `pass ${repeat}`,
    ratePerSecond,
    trace: { size, atMs: (index) => item(index).atMs ?? 0 },
  })
}

function warmUpOf(plan: InferencePlan, dataset: InferenceDataset): Schedule {
  const { load, warmup } = plan
  const { requests, durationMs } = warmup
  if (load.kind === 'rate' && durationMs !== null)
    return measured({ ...plan, numPrompts: NO_END, durationMs }, dataset, WARM_UP)
  const concurrency = load.kind === 'concurrency' ? load.concurrency : WARM_UP_CONCURRENCY
  return closedLoop(concurrency, durationMs === null ? requests : NO_END, durationMs)
}

/** Prompts of the dataset that are set apart for each repeat. A step of a search may have more requests than the plan says. */
function promptsOf({ numPrompts, findMaxRate }: InferencePlan): number {
  return findMaxRate ? Math.max(numPrompts, 1_000_000) : numPrompts
}

/** The first prompt of the dataset that no repeat has. */
export function afterRepeats(plan: InferencePlan): number {
  return promptsOf(plan) * (plan.findMaxRate ? MOST_STEPS : plan.repeats)
}

/** Where its prompts begin in the dataset. */
export function firstItemOf(plan: InferencePlan, { repeat, variant }: Repeat): number {
  return variant === 'warm-up' ? afterRepeats(plan) : repeat * promptsOf(plan)
}

export function workersOf({ clients, load }: InferencePlan): number {
  return workersFor(load, clients)
}

/** sha256 over the due times of all repeats: two runs with the same one were sent the same. */
export function scheduleHash(plan: InferencePlan, dataset: InferenceDataset): string {
  const hash = createHash('sha256').update(JSON.stringify([plan.load, plan.seed, plan.numPrompts]))
  for (let repeat = 0; repeat < plan.repeats; repeat++) {
    const { dueMs } = scheduleOf(plan, dataset, { repeat, variant: 'main' })
    if (dueMs) hash.update(new Uint8Array(dueMs.buffer, dueMs.byteOffset, dueMs.byteLength))
  }
  return hash.digest('hex')
}
