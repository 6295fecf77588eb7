import { Ajv } from 'ajv'
import { expect } from 'chai'
import { readFileSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { InferenceResult } from '../../src/lib/instrument/inference/result.js'
import type { InstanceReport } from '../../src/lib/jobs/reports.js'
import { aibench, envelopeOf, ROOT, type CliOptions, type Ended, type Envelope } from './cli.js'
import { temporaryFolder } from './surroundings.js'
import { SMALL_VLLM } from './vllm.js'

const SHORT = {
  ...{ '--num-prompts': '12', '--concurrency': '4', '--warmup': '2' },
  ...{ '--input-len': '32', '--output-len': '8' },
}

/** A benchmark of a second, but for what is said otherwise. */
export function short(...more: readonly string[]): string[] {
  const isOpen = more.includes('--rate')
  const kept = Object.entries(SHORT).filter(
    ([flag]) => !more.includes(flag) && !(isOpen && flag === '--concurrency'),
  )
  return ['vllm', 'bench', ...kept.flat(), ...more]
}

/** A simulator that is quick. */
export const SIMULATED = ['vllm', 'start', '--simulate', '--ttft', '10ms', '--itl', '2ms', '--wait']

/** An AIBENCH_HOME of a test's own under the local scheduler, with the commands to be run in it. */
export interface VllmHome {
  path: string
  run(args: readonly string[], options?: Partial<CliOptions>): Promise<Envelope>
  /** Without --json: what a person sees. */
  shown(args: readonly string[], options?: Partial<CliOptions>): Promise<Ended>
  /** Starts and waits; fails the test when it does not get ready. */
  start(args?: readonly string[]): Promise<InstanceReport>
  [Symbol.asyncDispose](): Promise<void>
}

/** Ends what is still running in it when the test is over, however it went. */
export async function vllmHome(path?: string): Promise<VllmHome> {
  const folder = path === undefined ? await temporaryFolder() : null
  const home = path ?? folder!.path
  await mkdir(join(home, 'tmp'))
  const shown = (args: readonly string[], { env, ...options }: Partial<CliOptions> = {}) =>
    aibench(args, {
      ...options,
      home,
      env: { AIBENCH_SCHEDULER: 'local', TMPDIR: join(home, 'tmp'), ...SMALL_VLLM.env, ...env },
    })
  const run = async (args: readonly string[], options?: Partial<CliOptions>) =>
    envelopeOf(await shown([...args, '--json'], options))
  return {
    path: home,
    run,
    shown,
    start: async (args = SIMULATED) => {
      const started = await run(args)
      expect(started.ok, JSON.stringify(started.error)).to.equal(true)
      return started.data.instance as InstanceReport
    },
    [Symbol.asyncDispose]: async () => {
      const { data } = await run(['status'])
      for (const { name, phase } of data.instances as InstanceReport[])
        if (phase !== 'ended') await run(['vllm', 'stop', name, '--force'])
      await folder?.[Symbol.asyncDispose]()
    },
  }
}

const SCHEMA = JSON.parse(
  readFileSync(join(ROOT, 'schemas/inference-result.json'), 'utf8'),
) as object
const validate = new Ajv({ strict: false }).compile(SCHEMA)

/** The result of a run that was no failure. A busy machine may make requests leave late, and the run says so: only of that it may be no success. */
export function measured(envelope: Envelope): InferenceResult {
  const { ok, exitCode, error } = envelope
  const result = envelope.data as InferenceResult
  const isLate =
    exitCode === 10 && error?.code === 'AIB_INSTRUMENT' && result.instrument.verdict === 'late'
  expect(ok || isLate, JSON.stringify(error)).to.equal(true)
  return published(result)
}

/** Checked against the published schema. */
export function published(result: InferenceResult): InferenceResult {
  expect(validate(result), JSON.stringify(validate.errors)).to.equal(true)
  return result
}

/** What `--events` printed, and the envelope that is its last line. */
export function eventsOf(ended: Ended): { events: { type: string }[]; envelope: Envelope } {
  const lines = ended.stdout.trim().split('\n')
  const events = lines.slice(0, -1).map((line) => JSON.parse(line) as { type: string })
  return { events, envelope: envelopeOf({ ...ended, stdout: lines.at(-1)! }) }
}

/** Does it once, in the middle of the requests: at the first sample that `--events` prints of them. */
export function inMidRun(work: (child: Parameters<NonNullable<CliOptions['during']>>[0]) => void) {
  return (child: Parameters<NonNullable<CliOptions['during']>>[0]) => {
    let [text, isDone] = ['', false]
    child.stdout!.on('data', (chunk: string) => {
      text += chunk
      if (isDone || !/"phase":"requests"[^]*"type":"sample"/.test(text)) return
      isDone = true
      work(child)
    })
  }
}
