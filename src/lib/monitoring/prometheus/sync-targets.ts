import { join } from 'node:path'
import { listNames, readTextIfThere, removeTree, writeAtomically } from '../../platform/files.js'
import type { ScrapeTarget } from '../targets.js'
import type { PrometheusApi } from './client.js'
import {
  prometheusConfig,
  SCRAPE_FOLDER,
  scrapeFile,
  type ConfigParts,
  type ScrapedTarget,
} from './config.js'

/** A target that Prometheus does not take, in its words; it is tried again when it changes. */
export interface Refused {
  name: string
  error: string
}

export interface SyncReport {
  /** Whether Prometheus was told to read again. */
  reloaded: boolean
  refused: readonly Refused[]
}

/** Where the configuration lies, and what it consists of without the targets. */
export interface ScrapePlace {
  /** On the node's own disk. */
  etc: string
  config: ConfigParts
  api: Pick<PrometheusApi, 'reload'>
}

/** What a Prometheus takes to notice that a job has no target any more: its tick before 3.11, and two intervals. */
const LEAVING_MS = 6_000
const LEAVING_INTERVALS = 3

/**
 * Makes what Prometheus scrapes agree with what it should. What it does not take is taken back from the disk: a Prometheus that is started again
 * would not start with it. The only writer of the configuration.
 */
export class ScrapedTargets {
  /** What it runs with, as far as it said. */
  #taken: readonly ScrapedTarget[] = []
  /** False before it was first told, and while it may run with something else. */
  #isSure = false
  readonly #refused = new Map<string, { text: string; error: string }>()
  readonly #leaving = new Map<string, { target: ScrapedTarget; sinceMs: number }>()

  constructor(
    private readonly place: ScrapePlace,
    private readonly nowMs = () => performance.now(),
  ) {}

  /** @throws what the API throws when it can't be asked; the disk is then as it was, and the next call tries again */
  async sync(desired: readonly ScrapeTarget[]): Promise<SyncReport> {
    this.#forget(desired)
    const staying = desired.filter((target) => !this.#isRefused(target))
    const wanted = [...staying, ...this.#leavingBeside(staying)]
    if (this.#isSure && isSame(wanted, this.#taken)) return this.#report(false)
    const error = await this.#tryOut(wanted)
    if (error === null) return this.#report(true)
    await this.#oneByOne(wanted)
    return this.#report(true)
  }

  /**
   * Of a job that is taken away Prometheus does not say that its series have ended: they would seem to go on for as long as a query looks
   * back. Of a target that is taken out of its job it does.
   */
  #leavingBeside(staying: readonly ScrapeTarget[]): ScrapedTarget[] {
    const now = this.nowMs()
    const names = new Set(staying.map(({ name }) => name))
    for (const target of this.#taken)
      if (!target.isLeaving && !names.has(target.name) && !this.#leaving.has(target.name))
        this.#leaving.set(target.name, { target: { ...target, isLeaving: true }, sinceMs: now })
    const longestMs = LEAVING_MS + LEAVING_INTERVALS * this.place.config.scrapeIntervalMs
    for (const [name, { sinceMs }] of this.#leaving)
      if (names.has(name) || now - sinceMs > longestMs) this.#leaving.delete(name)
    return [...this.#leaving.values()].map(({ target }) => target)
  }

  /** Why all of it together was not taken; null when it was. */
  async #tryOut(targets: readonly ScrapedTarget[]): Promise<string | null> {
    this.#isSure = false
    await writeTargets(this.place, targets)
    let error: string | null
    try {
      error = await this.place.api.reload()
    } catch (trouble) {
      await writeTargets(this.place, this.#taken)
      throw trouble
    }
    if (error === null) {
      this.#taken = targets
      this.#isSure = true
    }
    return error
  }

  async #oneByOne(wanted: readonly ScrapedTarget[]): Promise<void> {
    const former = new Map(this.#taken.map((target) => [target.name, target]))
    const isKept = (target: ScrapedTarget) => isSame([former.get(target.name)!], [target])
    let good = wanted.filter((target) => former.has(target.name)).map((t) => former.get(t.name)!)
    for (const target of wanted.filter((some) => !former.has(some.name) || !isKept(some))) {
      const others = good.filter(({ name }) => name !== target.name)
      const error = await this.#tryOut([...others, target])
      if (error === null) good = [...others, target]
      else this.#refused.set(target.name, { text: JSON.stringify(target), error })
    }
    const error = await this.#tryOut(good)
    if (error !== null) throw new Error(`Prometheus does not take what it ran with: ${error}`)
  }

  #isRefused(target: ScrapeTarget): boolean {
    return this.#refused.get(target.name)?.text === JSON.stringify(target)
  }

  #forget(desired: readonly ScrapeTarget[]): void {
    for (const name of this.#refused.keys()) {
      const target = desired.find((some) => some.name === name)
      if (!target || !this.#isRefused(target)) this.#refused.delete(name)
    }
  }

  #report(reloaded: boolean): SyncReport {
    const refused = [...this.#refused].map(([name, { error }]) => ({ name, error }))
    return { reloaded, refused }
  }
}

function isSame(a: readonly ScrapeTarget[], b: readonly ScrapeTarget[]): boolean {
  const text = (targets: readonly ScrapeTarget[]) =>
    targets.map((target) => JSON.stringify(target)).sort()
  return text(a).join('\n') === text(b).join('\n')
}

/** Each in a file of its own, whole or not at all; for versions that take no such files, all in the main configuration. */
async function writeTargets(
  { etc, config }: ScrapePlace,
  targets: readonly ScrapedTarget[],
): Promise<void> {
  if (!config.capabilities.scrapeConfigFiles) {
    const text = prometheusConfig({ ...config, targets })
    return writeIfOther(join(etc, 'prometheus.yml'), text)
  }
  const folder = join(etc, SCRAPE_FOLDER)
  const files = new Map(
    targets.map((target) => [`${target.name}.yml`, scrapeFile(target, config.capabilities)]),
  )
  for (const name of await listNames(folder))
    if (name.endsWith('.yml') && !files.has(name)) await removeTree(join(folder, name))
  for (const [name, text] of files) await writeIfOther(join(folder, name), text)
}

async function writeIfOther(path: string, text: string): Promise<void> {
  if ((await readTextIfThere(path)) !== text) await writeAtomically(path, text)
}
