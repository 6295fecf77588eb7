import * as v from 'valibot'
import { GATE_USE_PATH, type GateUse } from '../../platform/gate-use.js'
import type { Http } from '../../platform/http.js'

const UseSchema = v.object({ cpuSeconds: v.number(), upSeconds: v.number() })
const TIMEOUT_MS = 2_000

/** What the gate before a server uses, by its own word. */
export class GateMeter {
  readonly #http: Http
  readonly #url: string

  /** @param http with the token */
  constructor(http: Http, url: string) {
    this.#http = http
    this.#url = new URL(GATE_USE_PATH, url).href
  }

  /** Since the gate began; null when none answers, or one that does not tell. Two of them: {@link gateUse}. */
  async look(): Promise<GateUse | null> {
    try {
      const { status, body } = await this.#http.call('GET', this.#url, { timeoutMs: TIMEOUT_MS })
      const parsed = v.safeParse(UseSchema, JSON.parse(body))
      return status === 200 && parsed.success ? parsed.output : null
    } catch {
      return null
    }
  }
}

/** Between two looks; null when one is missing, or the gate was another one by then. */
export function gateUse(before: GateUse | null, after: GateUse | null): GateUse | null {
  if (!before || !after) return null
  const cpuSeconds = after.cpuSeconds - before.cpuSeconds
  const upSeconds = after.upSeconds - before.upSeconds
  return cpuSeconds >= 0 && upSeconds > 0 ? { cpuSeconds, upSeconds } : null
}
