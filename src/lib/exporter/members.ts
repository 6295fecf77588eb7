import { join } from 'node:path'
import type { ExporterPlan, ExporterRecord } from '../platform/exporter-files.js'
import { readJsonIfThere } from '../platform/files.js'

/** Where the members of the job listen, as they come and go: their files in the run directory are looked at beside the requests, never for one. */

export interface MemberPlace {
  host: string
  port: number
}

/** Until all are there; then a server that was started again elsewhere may take this long to be found. */
const SEARCH_MS = 500
const LOOK_MS = 5_000

export class Members {
  readonly #runDir: string
  readonly #node: string
  readonly #plan: ExporterPlan
  readonly #onChange: () => void
  #places = new Map<string, MemberPlace>()
  #timer: NodeJS.Timeout | undefined
  #isClosed = false

  /** @param onChange one has come, gone or moved */
  constructor(runDir: string, node: string, plan: ExporterPlan, onChange: () => void) {
    this.#runDir = runDir
    this.#node = node
    this.#plan = plan
    this.#onChange = onChange
  }

  async open(): Promise<void> {
    await this.#look()
  }

  /** @returns undefined of one that is not on this node, or has not said (yet) where it listens */
  placeOf(name: string): MemberPlace | undefined {
    return this.#places.get(name)
  }

  get listed(): ExporterRecord['members'] {
    return [...this.#places.keys()].map((name) => ({ name, path: pathOf(name) }))
  }

  close(): void {
    this.#isClosed = true
    clearTimeout(this.#timer)
  }

  async #look(): Promise<void> {
    const names = Object.keys(this.#plan.members)
    const found = new Map<string, MemberPlace>()
    for (const name of names) {
      const place = placeIn(
        await readJsonIfThere(join(this.#runDir, `endpoint.${name}.json`)).catch(() => undefined),
        this.#node,
      )
      if (place) found.set(name, place)
    }
    const before = JSON.stringify([...this.#places])
    this.#places = found
    if (JSON.stringify([...found]) !== before) this.#onChange()
    if (this.#isClosed || names.length === 0) return
    const isSearching = found.size < names.length
    this.#timer = setTimeout(() => void this.#look(), isSearching ? SEARCH_MS : LOOK_MS)
  }
}

export function pathOf(member: string): string {
  return `/member/${encodeURIComponent(member)}/metrics`
}

/** Others of the job's nodes have members too, and exporters of their own. One in a network of its own can't be asked from here. */
function placeIn(record: unknown, node: string): MemberPlace | undefined {
  const found = record as Partial<MemberPlace & { node: string; closed: boolean }> | undefined
  if (typeof found?.host !== 'string' || typeof found.port !== 'number') return undefined
  if (found.node !== node || found.closed === true) return undefined
  return { host: found.host, port: found.port }
}
