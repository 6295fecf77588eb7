import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as v from 'valibot'
import type { Batch, Member, Serving, Workload } from '../../src/lib/jobs/contract.js'
import { text, toggle } from '../../src/lib/options/types.js'
import { systemClock } from '../../src/lib/platform/clock.js'
import { readJsonIfThere } from '../../src/lib/platform/files.js'
import type { Instance } from '../../src/lib/state/schema.js'
import { openState } from '../../src/lib/state/store.js'
import { contextWith, type FakeContext } from './context.js'
import { instanceWith } from './instances.js'

/** Two kinds of work that no service of ours is: a program that runs to its end, and a stack of servers. */

const common = {
  startTimeoutMs: 60_000,
  checkTimeoutMs: 60_000,
  options: {},
  resources: () => ({ nodes: 1 }),
  explain: () => undefined,
  prepare: async () => ({ environment: {}, description: 'a toy', provenance: {} }),
}

/** Its progress and result are files; how often its result was made is counted. */
export function toyBatch() {
  const collected: (string | undefined)[] = []
  const batch: Batch = {
    ...common,
    shape: 'batch',
    kind: 'toybatch',
    script: 'toy-batch.sh',
    title: 'Toy batch',
    firstStart: ['aibench toybatch start --wait'],
    progress: async (runDir) => {
      const found = v.safeParse(
        v.object({ text: v.string(), share: v.nullable(v.number()) }),
        await readJsonIfThere(join(runDir, 'progress.json')),
      )
      return found.success ? found.output : undefined
    },
    collect: async (_, __, receipt) => {
      collected.push(receipt?.cause)
      return receipt?.cause === 'completed'
        ? { verdict: 'ok', summary: '42 things/s', figures: { thingsPerSecond: 42 } }
        : { verdict: 'failed', summary: null }
    },
  }
  return { batch, collected }
}

/** The same; it can also hold its nodes, and is told what to run. */
export function toyHolder() {
  const { batch, collected } = toyBatch()
  const options = {
    hold: toggle({ summary: 'Hold.' }),
    run: text({ summary: 'Run this in bash.' }),
  }
  return { batch: { ...batch, options, holds: ({ hold }) => hold === true } as Batch, collected }
}

/** Three servers: `front` asks for a password, `store` for a token, and without `extra` it lives on. */
export function toyStack() {
  /** What their probes answer. */
  const answers: Record<string, string | true> = { front: true, store: true, extra: true }
  const done: string[] = []
  const memberOf = (name: string, more: Partial<Member>): Member => ({
    name,
    title: name[0].toUpperCase() + name.slice(1),
    critical: true,
    probe: async (_, { url }) => {
      const { port } = new URL(url)
      const { [name]: answer } = answers
      return answer === true
        ? { ready: true, detail: `answered on ${port}` }
        : { ready: false, detail: answer }
    },
    ...more,
  })
  const stack: Serving = {
    ...common,
    shape: 'serving',
    kind: 'toystack',
    script: 'toy-stack.sh',
    title: 'Toy stack',
    firstStart: ['aibench toystack start --wait'],
    members: () => [
      memberOf('front', { secret: { kind: 'basic', file: 'front.token' }, callPath: '/login' }),
      memberOf('store', { secret: { kind: 'bearer', file: 'store.token' }, callPath: '/get' }),
      memberOf('extra', { critical: false, isInner: true }),
    ],
    hooks: {
      ready: async (_, { name }) => void done.push(`${name} is ready`),
      ended: async (_, { name }) => void done.push(`${name} has ended`),
    },
  }
  return { stack, answers, done }
}

/** A context that knows these workloads, with one Slurm instance of the first of them and files in its run directory. */
export async function contextOf(
  workload: Workload,
  change: Partial<Instance> = {},
): Promise<FakeContext & { instance: Instance; leaves: Leaves }> {
  const context = await contextWith()
  const { service, serviceIfKnown } = context
  const known = (kind: string) => (kind === workload.kind ? workload : undefined)
  const runDir = join(context.environment.runsDir, `20261124T101500-${workload.kind}-k3f9`)
  await mkdir(runDir, { recursive: true, mode: 0o700 })
  const instance = instanceWith({
    ...{ name: workload.kind, service: workload.kind, shape: workload.shape, runDir, options: {} },
    ...{ scheduler: 'slurm', jobId: '4812345', phase: 'submitted', readyAt: null, endpoint: null },
    ...change,
  })
  await context.state.update((draft) => void (draft.instances.k3f9 = instance))
  return Object.assign(context, {
    // On the node of the job, where the toys' probes run in this process.
    environment: { ...context.environment, hostname: OURS.node },
    service: (kind: string) => known(kind) ?? service(kind),
    serviceIfKnown: (kind: string) => known(kind) ?? serviceIfKnown(kind),
    instance,
    leaves: (name: string, content: object) =>
      writeFile(join(runDir, name), JSON.stringify(content)),
  })
}

/** Where several commands wait for each other they do so for as long as it takes here. */
export function atRealTime<C extends FakeContext>(context: C): C {
  const { environment } = context
  const state = openState({ clock: systemClock, environment, version: '0.0.0' })
  return Object.assign(context, { clock: systemClock, state })
}

type Leaves = (name: string, content: object) => Promise<void>

const OURS = { jobId: '4812345', token: 'aibench:0123', restarts: 0, node: 'mel0001' }

export function endpointOn(port: number, restarts = 0) {
  return {
    ...{ ...OURS, restarts, scheme: 'http', host: '127.0.0.1', port, ip: '10.0.0.1', pid: 7 },
    ...{ closed: false, startedAt: '2026-11-24T10:15:03.000Z' },
  }
}

export function receiptOf(cause: string, change: object = {}) {
  const times = { submitted: null, containerStarted: null, loaded: null, ready: null }
  return {
    ...{ ...OURS, phase: 'loading', exitCode: 0, signal: null, cause, killed: false, members: {} },
    times: { ...times, started: '2026-11-24T10:15:02.000Z', ended: '2026-11-24T10:19:00.000Z' },
    ...change,
  }
}
