import { ceilingOf } from '../load/ceiling.js'
import type { VectorProtocol } from './engine.js'
import type { VectorConfig } from './plan.js'

/**
 * Queries of these dimensions that one core of this client could do a second, against a server that does nothing; null where nobody can
 * say: a client library is what is measured then. @param program the worker's own; absent where there is no need to calibrate
 */
export async function queryCeiling(
  protocol: VectorProtocol,
  { plan }: VectorConfig,
  dim: number,
  program: string | undefined,
): Promise<number | null> {
  if (!program || plan.client === 'sdk') return null
  const engineAt = (url: URL) =>
    protocol.engine({ url: url.href, headers: {}, token: null, trust: null })
  const { requestsPerCpuSecond } = await ceilingOf(program, {
    answer: { pieces: [protocol.nullAnswer(plan.k)], isPaced: false },
    connect: (url) => engineAt(url).connect(),
    request(url) {
      const engine = engineAt(url)
      const query = Float32Array.from({ length: dim }, (_, d) => Math.sin(d))
      return engine.prepareQuery(0, query, plan.k)
    },
  })
  return requestsPerCpuSecond
}
