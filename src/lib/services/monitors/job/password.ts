import { join } from 'node:path'
import * as v from 'valibot'
import { authorizationOf } from '../../../jobs/token-files.js'
import type { StoreAddress } from '../../../monitoring/store.js'
import { readJsonIfThere, writeAtomically } from '../../../platform/files.js'
import { readTokenFile } from '../../../platform/token-file.js'
import { configureCollector } from './collector.js'
import { writePassword, type Configuring } from './configuring.js'
import { writeWebConfig } from './prometheus.js'

const EndpointSchema = v.object({ pid: v.number() })

/**
 * Takes over a password of Prometheus that was changed in its file. Prometheus reads its own at every request. Those that ask it have read it
 * when they began: they are ended, and the script of the job starts them again.
 */
export class Password {
  #text: string | null = null

  /** @param address changed in its place: whoever asks by it goes on */
  constructor(
    private readonly configuring: Configuring,
    private readonly address: StoreAddress,
  ) {}

  /** @throws when the file can't be read, or is others' to read: what was goes on */
  async look(): Promise<void> {
    const { runDir, plan, etc, context } = this.configuring
    const file = join(runDir, 'prometheus.token')
    const text = await readTokenFile(file)
    this.#text ??= text
    if (text === this.#text) return
    const authorization = await authorizationOf(file, 'basic')
    await writeWebConfig(join(etc, 'web.yml'), runDir, 'prometheus')
    await writePassword(etc, runDir, 'prometheus')
    await writeAtomically(join(runDir, 'prometheus.header'), `Authorization: ${authorization}\n`)
    this.address.authorization = authorization
    this.#text = text
    context.say('the password of Prometheus was changed')
    if (plan.programs.collector) await configureCollector(this.configuring)
    for (const name of ['collector', 'grafana']) await this.#end(name)
  }

  async #end(name: string): Promise<void> {
    const path = join(this.configuring.runDir, `endpoint.${name}.json`)
    const read = v.safeParse(EndpointSchema, await readJsonIfThere(path))
    if (!read.success) return
    try {
      process.kill(read.output.pid, 'SIGTERM')
    } catch {
      // It has just ended.
    }
  }
}
