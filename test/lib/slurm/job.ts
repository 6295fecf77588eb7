import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as v from 'valibot'
import { formatJobEnvironment } from '../../../src/lib/state/run-directories.js'
import {
  EndpointSchema,
  ReceiptSchema,
  type Endpoint,
  type Receipt,
} from '../../../src/lib/scheduler/receipt.js'
import { ownAtInterrupt } from '../../support/at-interrupt.js'
import { ROOT } from '../../support/cli.js'
import { clock } from '../../support/surroundings.js'

const TOYS = join(ROOT, 'test', 'fixtures', 'slurm')
export const TOY_SERVER = [process.execPath, join(TOYS, 'toy-server.mjs')]

/** Generous: only a hang reaches it. */
async function until<T>(look: () => Promise<T | undefined> | T | undefined): Promise<T> {
  for (let i = 0; i < 600; i++) {
    const found = await look()
    if (found !== undefined) return found
    await clock.sleep(50)
  }
  throw new Error('it did not come')
}

/** Command lines of the processes that stand in a folder: all that a script starts does. */
function livingIn(folder: string): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        if (readlinkSync(`/proc/${pid}/cwd`) !== folder) return []
        return [readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')]
      } catch {
        return []
      }
    })
}

/** A job script in a run directory of its own, run by bash as a scheduler does it. */
export class ToyJob {
  #script!: ChildProcess
  #settings: Record<string, string> = {}
  readonly #gone: () => void
  private constructor(readonly runDir: string) {
    this.#gone = ownAtInterrupt(runDir)
  }

  static async of(
    script: string,
    files: Record<string, string> = {},
    settings: Record<string, string> = {},
  ): Promise<ToyJob> {
    const runDir = await mkdtemp(join(tmpdir(), 'aibench-toy-'))
    await cp(join(TOYS, script), join(runDir, 'service.sh'))
    for (const name of ['job.sh', 'lib.sh', 'lib'])
      await cp(join(ROOT, 'slurm', name), join(runDir, name), { recursive: true })
    for (const [name, text] of Object.entries(files)) await writeFile(join(runDir, name), text)
    const job = new ToyJob(runDir)
    job.#settings = { AIBENCH_TOKEN: 'aibench:toy', AIBENCH_STOP_DEADLINE_S: '10', ...settings }
    return job
  }

  /** @param life how often it was requeued before */
  async start(life = 0): Promise<this> {
    await writeFile(join(this.runDir, 'job.env'), formatJobEnvironment(this.#settings))
    this.#script = spawn(
      'bash',
      [
        '-c',
        `exec bash ./job.sh "$1" >>stdout.log 2>>stderr.log </dev/null`,
        ...['job', this.runDir],
      ],
      {
        cwd: this.runDir,
        env: {
          PATH: process.env.PATH,
          AIBENCH_LOCAL_JOB_ID: 'toy',
          SLURM_RESTART_COUNT: `${life}`,
        },
        detached: true,
      },
    )
    return this
  }

  signal(signal: NodeJS.Signals): void {
    this.#script.kill(signal)
  }

  async ended(): Promise<{ code: number | null; receipt: Receipt }> {
    if (this.#script.exitCode === null && this.#script.signalCode === null)
      await once(this.#script, 'exit')
    return { code: this.#script.exitCode, receipt: await this.receipt() }
  }

  async receipt(): Promise<Receipt> {
    return v.parse(ReceiptSchema, JSON.parse(await this.text('receipt.json')))
  }

  endpoint(member: string): Promise<Endpoint> {
    return until(async () => {
      const text = await this.text(`endpoint.${member}.json`).catch(() => undefined)
      return text === undefined ? undefined : v.parse(EndpointSchema, JSON.parse(text))
    })
  }

  text(name: string): Promise<string> {
    return readFile(join(this.runDir, name), 'utf8')
  }

  /** Until a file holds this. */
  async says(name: string, what: string | RegExp): Promise<string> {
    return until(async () => {
      const text = await this.text(name).catch(() => '')
      return text.match(what) ? text : undefined
    })
  }

  /** What still lives in its folder, once it had the time to go. */
  async left(): Promise<string[]> {
    await until(() => (livingIn(this.runDir).length === 0 ? true : undefined)).catch(() => null)
    return livingIn(this.runDir)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#script.exitCode === null && this.#script.signalCode === null) {
      this.#script.kill('SIGTERM')
      await once(this.#script, 'exit')
    }
    await rm(this.runDir, { recursive: true, force: true })
    this.#gone()
  }
}
