import { join } from 'node:path'
import {
  makePrivateDir,
  readJsonIfThere,
  writeAtomically,
  writeJson,
} from '../../platform/files.js'
import type { Http } from '../../platform/http.js'
import { readTokenFile } from '../../platform/token-file.js'
import type { Credentials, ScrapeTarget } from '../targets.js'

/** Of one that is slow there is no page: nobody waits for it. */
const LONGEST_MS = 2_000
/** What was asked, for who asks again at the end: addresses, and the paths of secrets. */
const ASKED = 'targets.json'

/** The pages of figures as servers tell them themselves, at the first and at the last: totals that no scrape can have missed. */
export class MetricPages {
  readonly #asked = new Map<string, ScrapeTarget>()

  constructor(
    private readonly http: Http,
    private readonly dir: string,
  ) {}

  /** Asks those that answer and were not asked yet. Never throws. */
  async keepFirst(targets: readonly ScrapeTarget[]): Promise<void> {
    const fresh = targets.filter(({ name }) => !this.#asked.has(name))
    if (fresh.length === 0) return
    for (const target of fresh) this.#asked.set(target.name, target)
    await keepPages(this.http, fresh, join(this.dir, 'start'))
    await writeJson(join(this.dir, ASKED), [...this.#asked.values()]).catch(() => undefined)
  }
}

/** Asks again all that were asked at first; of those that are gone there is no last page. Never throws. */
export async function keepLastPages(http: Http, dir: string): Promise<void> {
  const targets = await readJsonIfThere(join(dir, ASKED)).catch(() => undefined)
  if (Array.isArray(targets)) await keepPages(http, targets as ScrapeTarget[], join(dir, 'end'))
}

async function keepPages(http: Http, targets: readonly ScrapeTarget[], dir: string): Promise<void> {
  const pages = targets.flatMap(({ name, endpoints, credentials }) =>
    endpoints.map(({ url, path, job }) => ({
      ...{ credentials, url: url + path },
      file: `${name}.${job.replaceAll(/[^\w-]/g, '_')}.txt`,
    })),
  )
  await Promise.all(
    pages.map(async ({ url, file, credentials }) => {
      try {
        const headers: Record<string, string> = {}
        if (credentials) headers.authorization = await authorizationOf(credentials)
        const { status, body } = await http.call('GET', url, { headers, timeoutMs: LONGEST_MS })
        if (status !== 200) return
        await makePrivateDir(dir)
        await writeAtomically(join(dir, file), body)
      } catch {
        // It is gone, or slow: what was scraped of it is there.
      }
    }),
  )
}

async function authorizationOf(credentials: Credentials): Promise<string> {
  const text = await readTokenFile(credentials.file)
  if (credentials.kind === 'bearer') return `Bearer ${text}`
  return `Basic ${Buffer.from(`${credentials.user}:${text}`).toString('base64')}`
}
