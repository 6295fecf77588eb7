import type { Http } from '../../platform/http.js'

/** Who stands behind an address, as far as it says so itself. */
export interface Hello {
  /** Our simulator: what it says is no figure of a machine. */
  simulated: boolean
  /** Our gate is on the way. */
  gate: boolean
}

const SIMULATOR = 'aibench-simulator'
const GATE = 'aibench-gate'

/**
 * Our simulator names itself in its responses' `Server`, in `/version` and in `/v1/models`, since proxies change headers and some hide paths; our
 * gate is in `Via`. Never throws.
 */
export async function hello(http: Http, url: string, paths: readonly string[]): Promise<Hello> {
  const found: Hello = { simulated: false, gate: false }
  for (const path of paths) {
    const response = await http.call('GET', url + path, { timeoutMs: 5_000 }).catch(() => undefined)
    if (!response) continue
    const { via, server } = response.headers ?? {}
    found.gate ||= via?.includes(GATE) ?? false
    found.simulated ||= server === SIMULATOR || response.body.includes(`"${SIMULATOR}"`)
  }
  return found
}
