import { closedLoop } from '../load/load.js'
import { UsageMeter } from '../measure/meters.js'
import { startNullServer } from '../http/null-server.js'
import { ChromaRaw } from './chroma-raw.js'
import type { Dataset } from './dataset.js'
import { prepareQueries } from './measure.js'
import type { RunOptions } from './run.js'

const IDS = JSON.stringify({
  ids: [Array.from({ length: 10 }, (_, i) => String(i))],
  distances: [Array.from({ length: 10 }, (_, i) => i / 100)],
  embeddings: null,
  documents: null,
  uris: null,
  metadatas: null,
  include: ['distances'],
})
const NULL_ANSWER = Buffer.from(
  `HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: ${IDS.length}\r\n\r\n${IDS}`,
)
const CALIBRATION_MS = 500
const REQUEST_TIMEOUT_MS = 10_000

/**
 * The same queries against a server that does nothing: what one core of this client could do. By CPU time and not by the clock, since
 * the null server may well be the slower of the two.
 */
export async function calibrate(options: RunOptions, dataset: Dataset): Promise<number | null> {
  const { plan } = options.order
  if (!options.program || plan.client === 'sdk') return null
  using server = await startNullServer(options.program, { pieces: [NULL_ANSWER], isPaced: false })
  const engine = new ChromaRaw({ url: server.url, headers: {}, timeoutMs: REQUEST_TIMEOUT_MS })
  const queries = prepareQueries(
    engine,
    { ...dataset, queryCount: Math.min(100, dataset.queryCount) },
    plan.k,
  )
  const measure = (durationMs: number) =>
    closedLoop(Math.max(...plan.concurrency), {
      send: async (item, finish) => {
        const answer = await queries[item].send()
        finish()
        answer.ids()
        return {}
      },
      items: queries.length,
      durationMs,
      signal: options.signal,
    })
  await measure(CALIBRATION_MS)
  const usage = new UsageMeter(null)
  const load = await measure(CALIBRATION_MS)
  const { clientCores, wallMs } = usage.read()
  engine.close()
  return load.sent.length === 0 ? null : load.sent.length / ((clientCores * wallMs) / 1000)
}
