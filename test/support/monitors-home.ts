import { expect } from 'chai'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { InstanceReport } from '../../src/lib/jobs/reports.js'
import { aibench, envelopeOf, type Ended, type Envelope } from './cli.js'
import { clock, temporaryFolder } from './surroundings.js'

/** Of a query: labels and values. */
type Found = { metric: Record<string, string>; value: [at: number, text: string] }[]

/** An AIBENCH_HOME of a test's own under the local scheduler, where monitors are started. */
export interface MonitorsHome {
  path: string
  run(...args: string[]): Promise<Envelope>
  /** The data of a command that has to succeed. */
  done(...args: string[]): Promise<Envelope['data']>
  /** Without --json: what a person sees. */
  shown(...args: string[]): Promise<Ended>
  start(...args: string[]): Promise<InstanceReport>
  [Symbol.asyncDispose](): Promise<void>
}

/** Ends what still runs in it when the test is over, however it went. */
export async function monitorsHome(env: Record<string, string>): Promise<MonitorsHome> {
  const folder = await temporaryFolder()
  const home = folder.path
  const all = { AIBENCH_SCHEDULER: 'local', ...env }
  const shown = (...args: string[]) => aibench(args, { home, env: all })
  const run = async (...args: string[]) => envelopeOf(await shown(...args, '--json'))
  const done = async (...args: string[]): Promise<Envelope['data']> => {
    const envelope = await run(...args)
    expect(envelope.ok, `${args.join(' ')}: ${JSON.stringify(envelope.error)}`).to.equal(true)
    return envelope.data
  }
  return {
    ...{ path: home, run, done, shown },
    start: async (...args) => (await done(...args, '--wait')).instance as InstanceReport,
    [Symbol.asyncDispose]: async () => {
      const { data } = await run('status')
      for (const { name, service, phase } of data.instances as InstanceReport[])
        if (phase !== 'ended') await run(service, 'stop', name, '--force')
      await folder[Symbol.asyncDispose]()
    },
  }
}

/** What the running Prometheus of monitors answers to a query; nothing while it does not answer. */
export async function found({ endpoint, runDir }: InstanceReport, query: string): Promise<Found> {
  const header = await readFile(join(runDir, 'prometheus.header'), 'utf8')
  const authorization = header.trim().replace('Authorization: ', '')
  const url = `${endpoint!.url}/api/v1/query?query=${encodeURIComponent(query)}`
  const answer = await fetch(url, { headers: { authorization } }).catch(() => undefined)
  if (answer?.status !== 200) return []
  return ((await answer.json()) as { data: { result: Found } }).data.result
}

export async function valueOf(instance: InstanceReport, query: string): Promise<number> {
  return Number((await found(instance, query))[0]?.value[1] ?? 0)
}

/** Up to a deadline that only a hang reaches. */
export async function until<T>(
  what: string,
  probe: () => Promise<T | undefined | false>,
): Promise<T> {
  for (let i = 0; i < 600; i++) {
    const value = await probe()
    if (value !== undefined && value !== false) return value
    await clock.sleep(100)
  }
  throw new Error(`it did not come: ${what}`)
}
