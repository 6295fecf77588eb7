import { join } from 'node:path'
import { authorizationOf } from '../../../jobs/token-files.js'
import { MetricPages } from '../../../monitoring/archive/pages.js'
import { PrometheusApi } from '../../../monitoring/prometheus/client.js'
import { ScrapedTargets } from '../../../monitoring/prometheus/sync-targets.js'
import { TargetRecords } from '../../../monitoring/prometheus/target-records.js'
import {
  TARGETS_FILE,
  type ScrapeTarget,
  type TargetRecord,
  type TargetsFile,
} from '../../../monitoring/targets.js'
import { fileStampNow, writeJson } from '../../../platform/files.js'
import type { State } from '../../../state/schema.js'
import { openState } from '../../../state/store.js'
import { readPlan } from '../plan.js'
import { tsdbOf } from '../tsdb-place.js'
import { wishesFolder } from '../wishes.js'
import { ASKED, archiveWhenAsked } from './archive-asked.js'
import { readPorts } from './configuring.js'
import { scratchOf, type JobContext } from './context.js'
import { desiredTargets } from './desired.js'
import { nodeName } from './labels.js'
import { Outlets } from './outlets.js'
import { Password } from './password.js'
import { configPartsOf } from './prometheus.js'
import { Storing } from './storing.js'

/** Also when nothing seems to have changed: what others do on a shared file system is seen late. */
const LOOK_EVERY_MS = 3_000
/** While a target is not up yet. */
const LOOK_SOON_MS = 1_000
/** In between, whether something has changed: no file is read for that. */
const GLANCE_EVERY_MS = 250
/** What has not changed is written again once in a while: the file is on a shared file system. */
const WRITE_EVERY_MS = 10_000

/** The agent: makes what is scraped agree with what runs, and tells how that goes in targets.json. */
export async function watch(context: JobContext, runDir: string): Promise<number> {
  const { stop } = context
  const plan = await readPlan(runDir)
  const agent = plan.archive === null ? await agentOf(context, runDir) : null
  while (!stop.aborted) {
    await archiveWhenAsked(context, runDir)
    await agent?.look()
    await rest(context, agent)
  }
  await agent?.close()
  return 0
}

/** Until there is something to do for the agent, or time has come to look. */
async function rest({ clock, stop }: JobContext, agent: Agent | null): Promise<void> {
  const restMs = agent?.isWaiting() === false ? LOOK_EVERY_MS : LOOK_SOON_MS
  for (let ms = 0; ms < restMs && !stop.aborted; ms += GLANCE_EVERY_MS) {
    await clock.sleep(GLANCE_EVERY_MS, stop).catch(() => undefined)
    if (agent?.isBehind()) return
  }
}

/** Made once. Each look works with what there is: no trouble of others ends it. */
export async function agentOf(context: JobContext, runDir: string): Promise<Agent> {
  const etc = join(scratchOf(context), 'etc')
  const plan = await readPlan(runDir)
  const ports = await readPorts(runDir)
  const configuring = { context, runDir, plan, ports, etc }
  const config = await configPartsOf(configuring)
  const authorization = await authorizationOf(join(runDir, 'prometheus.token'), 'basic')
  const url = `http://${ports.host}:${ports.prometheus}`
  const address = { url, authorization }
  const api = new PrometheusApi(context.http, address)
  const { stateDir } = plan
  const [{ labels }] = config.selfTargets
  const state = openState({
    ...{ environment: { ...context.environment, stateDir }, clock: context.clock, version: '' },
  })
  return new Agent(context, {
    ...{ runDir, etc, api, node: nodeName(context), own: config.selfTargets },
    ...{ stateFile: state.path, readState: () => state.read() },
    scraped: new ScrapedTargets({ etc, config, api }),
    password: new Password(configuring, address),
    outlets: new Outlets(runDir, plan, ports),
    storing: new Storing({
      ...{ api, scrapeIntervalMs: plan.scrapeIntervalMs, dir: await tsdbOf(runDir) },
      instance: { id: labels.instance_id, name: labels.name },
    }),
  })
}

interface AgentParts {
  runDir: string
  etc: string
  node: string
  api: Pick<PrometheusApi, 'targets' | 'query'>
  /** Scraped from the start on. */
  own: readonly ScrapeTarget[]
  scraped: Pick<ScrapedTargets, 'sync'>
  /** Of those that tell their figures themselves. */
  outlets: Pick<Outlets, 'sync' | 'close'>
  storing: Pick<Storing, 'look'>
  password: Pick<Password, 'look'>
  stateFile: string
  readState(): Promise<State>
}

export class Agent {
  readonly #records = new TargetRecords()
  readonly #pages: MetricPages
  #desired: ScrapeTarget[] = []
  #told: TargetRecord[] = []
  #freeBytes: number | null = null
  #written = { text: '', atMs: -Infinity }
  #said = new Set<string>()
  /** Where it is told what to do, and how that was at the last look. */
  #sources: string[] = []
  #stamps = ''

  constructor(
    private readonly context: JobContext,
    private readonly parts: AgentParts,
  ) {
    this.#pages = new MetricPages(context.http, join(parts.runDir, 'metrics'))
  }

  async look(): Promise<void> {
    const { api, own, runDir, scraped, storing } = this.parts
    const trouble: string[] = []
    this.#stamps = stampsOf(this.#sources)
    const attempt = async (what: string, act: () => Promise<void>) =>
      act().catch((error: unknown) => void trouble.push(`${what}: ${sentence(error)}`))
    await attempt('can’t read the password of Prometheus', () => this.parts.password.look())
    await attempt('can’t read what is running', async () => {
      const state = await this.parts.readState()
      const running = Object.values(state.instances).filter(({ phase }) => phase !== 'ended')
      this.#sources = [
        ...[this.parts.stateFile, wishesFolder(runDir), join(runDir, ASKED)],
        // In its own it writes itself.
        ...running.map((instance) => instance.runDir).filter((dir) => dir !== runDir),
      ]
      await attempt('can’t tell services where to send their metrics', () =>
        this.parts.outlets.sync(running),
      )
      const desired = await desiredTargets(this.parts, state)
      this.#desired = desired.targets
      trouble.push(...desired.trouble)
    })
    await attempt('can’t tell Prometheus what to scrape', async () => {
      const { refused } = await scraped.sync(this.#desired)
      trouble.push(...refused.map(({ name, error }) => `${name} is left out: ${error}`))
      const now = this.context.clock.now()
      const all = [...own, ...this.#desired]
      this.#told = await this.#records.look(api, all, { now, refused })
    })
    await attempt('can’t ask Prometheus about its database', async () => {
      const { freeBytes, trouble: found } = await storing.look(this.context.clock.now())
      this.#freeBytes = freeBytes
      trouble.push(...found)
    })
    const up = new Set(this.#told.filter(({ upAt }) => upAt !== null).map(({ name }) => name))
    await this.#pages.keepFirst(this.#desired.filter(({ name }) => up.has(name)))
    this.#say(trouble)
    await this.#write(trouble).catch((error: unknown) => {
      this.#say([...trouble, `${TARGETS_FILE} can’t be written: ${sentence(error)}`])
    })
  }

  /** Whether something that says what to do has changed since the last look began. */
  isBehind(): boolean {
    return stampsOf(this.#sources) !== this.#stamps
  }

  /** Whether there is one that is not up yet, or nobody knows. */
  isWaiting(): boolean {
    return this.#said.size > 0 || this.#told.some(({ scrapes }) => scrapes < 2)
  }

  async close(): Promise<void> {
    await this.parts.outlets.close()
  }

  /** What is new: the log is read by people. */
  #say(trouble: readonly string[]): void {
    for (const text of trouble) if (!this.#said.has(text)) this.context.say(text)
    this.#said = new Set(trouble)
  }

  async #write(trouble: string[]): Promise<void> {
    const { clock } = this.context
    const text = JSON.stringify([trouble, this.#told.map(asRemarkable)])
    const atMs = clock.monotonicMs()
    if (text === this.#written.text && atMs - this.#written.atMs < WRITE_EVERY_MS) return
    const file: TargetsFile = {
      ...{ at: clock.now().toISOString(), targets: this.#told, trouble },
      freeBytes: this.#freeBytes,
    }
    await writeJson(join(this.parts.runDir, TARGETS_FILE), file)
    this.#written = { text, atMs }
  }
}

function stampsOf(paths: readonly string[]): string {
  return paths.map((path) => `${path} ${fileStampNow(path)}`).join('\n')
}

/** Without what changes at every scrape: that it was asked twice is worth telling at once, and not that it was so again. */
function asRemarkable({ scrapes, samples, ...record }: TargetRecord): object {
  return {
    ...record,
    lastScrapeAt: null,
    scrapes: Math.min(scrapes, 2),
    hasSamples: samples !== null,
  }
}

function sentence(error: unknown): string {
  const { message, evidence } = error as Error & { evidence?: string }
  return evidence === undefined ? message : `${message} (${evidence})`
}
