import { rm, mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { loadServices } from '../../src/lib/app/catalog.js'
import type { Clock } from '../../src/lib/platform/clock.js'
import { systemHttp } from '../../src/lib/platform/http.js'
import type { Finished, Processes } from '../../src/lib/platform/processes.js'
import { silent } from '../../src/lib/platform/progress.js'
import type {
  JobIdentity,
  JobStatus,
  Queue,
  Scheduler,
  Sighting,
} from '../../src/lib/scheduler/contract.js'
import type { Context } from '../../src/lib/jobs/contract.js'
import type { Instance } from '../../src/lib/state/schema.js'
import { openState } from '../../src/lib/state/store.js'
import { environmentIn } from './surroundings.js'

export const services = await loadServices()

/** A clock that only moves when somebody sleeps. */
export class ManualClock implements Clock {
  #ms = Date.parse('2026-11-24T10:20:00.000Z')
  now = () => new Date(this.#ms)
  monotonicMs = () => this.#ms
  async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted()
    this.#ms += ms
    // Timers of the real world get their turn.
    await new Promise((go) => setImmediate(go))
  }
}

/** A scheduler whose queue is what the test says; it remembers what it was asked to do. */
export class ScriptedScheduler implements Scheduler {
  readonly kind = 'slurm'
  jobs: JobStatus[] = []
  trouble: string | undefined
  polls = 0
  readonly done: string[] = []
  submitHeld: Scheduler['submitHeld'] = async ({ token }) => {
    this.jobs.push(jobWith({ token, state: 'held' }))
    return { id: '4812345' }
  }
  release: Scheduler['release'] = async ({ id }) => {
    this.done.push(`release ${id}`)
    for (const job of this.jobs) if (job.id === id && job.state === 'held') job.state = 'pending'
  }

  constructor(readonly clock: Clock) {}

  plan: Scheduler['plan'] = ({ runDir }) => ({ argv: ['sbatch', runDir], script: 'job.sh' })
  cancel: Scheduler['cancel'] = async ({ id }, how) => void this.done.push(`cancel ${id} ${how}`)
  clusterOf: Scheduler['clusterOf'] = async () => null
  warningMs: Scheduler['warningMs'] = () => 0
  step: Scheduler['step'] = (_, argv) => argv
  ownAllocation: Scheduler['ownAllocation'] = (argv) => argv
  partitions: Scheduler['partitions'] = async () => ['cpu']
  gpusPerNode: Scheduler['gpusPerNode'] = async () => undefined
  version: Scheduler['version'] = async () => 'scripted'

  /** What is said of a job that is not in {@link jobs}. */
  missing: Sighting | undefined

  async poll(wanted: readonly JobIdentity[]): Promise<Queue> {
    this.polls++
    const sightings = new Map(wanted.map((one) => [one.token, this.#sightingOf(one)]))
    return { askedAt: this.clock.now(), sightings }
  }

  #sightingOf({ id, token }: JobIdentity): Sighting {
    if (this.trouble !== undefined)
      return { kind: 'silent', trouble: { answered: false, plain: this.trouble, said: [] } }
    const job = this.jobs.findLast((one) => one.token === token)
    if (job) return { kind: 'seen', job: { ...job } }
    return this.missing ?? { kind: id === null ? 'absent' : 'forgotten' }
  }
}

export function jobWith(change: Partial<JobStatus> = {}): JobStatus {
  const base = { id: '4812345', token: 'aibench:0123', name: 'aibench-chroma-k3f9' }
  return { ...base, state: 'running', rawState: 'R', nodes: ['mel0001'], ...change }
}

export interface FakeContext extends Context {
  clock: ManualClock
  scripted: ScriptedScheduler
  folder: string
  /** What was warned of. */
  warnings: string[]
  [Symbol.asyncDispose](): Promise<void>
}

/** A real state file in a folder of its own; the scheduler and the clock are the test's. */
export async function contextWith(
  instances: readonly Instance[] = [],
  { answers = [], variables = {} }: { answers?: Answers; variables?: Record<string, string> } = {},
): Promise<FakeContext> {
  const folder = await mkdtemp(join(tmpdir(), 'aibench-test-'))
  const clock = new ManualClock()
  const warnings: string[] = []
  const scripted = new ScriptedScheduler(clock)
  const environment = environmentIn(folder, variables)
  const state = openState({ clock, environment, version: '0.0.0', onRepair: () => undefined })
  if (instances.length > 0)
    await state.update((draft) => {
      for (const instance of instances) draft.instances[instance.id] = structuredClone(instance)
    })
  return {
    ...services,
    clock,
    scripted,
    folder,
    environment,
    state,
    processes: answering(answers),
    http: systemHttp,
    progress: silent,
    settings: {
      path: '',
      get: () => undefined,
      set: () => undefined,
      unset: () => undefined,
      all: () => ({}),
    },
    scheduler: () => scripted,
    defaultScheduler: async () => 'slurm',
    signal: new AbortController().signal,
    version: '0.0.0',
    warnings,
    warn: (text) => void warnings.push(text),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  }
}

export type Answers = readonly (readonly [RegExp, Partial<Finished>])[]

/** Programs that answer what the first matching pattern says, on their whole command line. */
export function answering(answers: Answers): Processes {
  return {
    run: async (program, args) => {
      const line = [program, ...args].join(' ')
      const found = answers.find(([pattern]) => pattern.test(line))
      if (!found) throw new Error(`the test has no answer for ${line}`)
      const silence = { stdout: '', stderr: '', exitCode: 0, timedOut: false, missing: false }
      return { ...silence, ...found[1] }
    },
  }
}
