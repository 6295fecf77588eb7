import { expect } from 'chai'
import { readFileSync } from 'node:fs'
import { systemClock } from '../../../../src/lib/platform/clock.js'
import type { Http } from '../../../../src/lib/platform/http.js'
import {
  ServerWatcher,
  type ClientCount,
} from '../../../../src/lib/instrument/inference/server-check.js'
import { parseServerMetrics } from '../../../../src/lib/instrument/inference/server-metrics.js'

const fixture = (name: string) =>
  readFileSync(new URL(`../../../fixtures/vllm/${name}.txt`, import.meta.url), 'utf8')
/** Of a real vLLM 0.32, without the families that nobody reads here: fresh, and after 214 requests. */
const [BEFORE, AFTER] = [fixture('metrics-before'), fixture('metrics-after')]

describe('the figures of a real vLLM', () => {
  it('are read', () => {
    expect(parseServerMetrics(AFTER)).to.deep.equal({
      ...{ running: 0, waiting: 0, kvCacheShare: 0, preemptions: 0 },
      ...{ promptTokens: 20676, generationTokens: 20711, prefixQueries: 20676, prefixHits: 2560 },
      completed: 27 + 187,
      ttft: { sumS: 22.605541706085205, count: 214 },
      e2e: { sumS: 106.58665490150452, count: 214 },
      queue: { sumS: 0.08202140699506799, count: 214 },
      prefill: { sumS: 19.91173178900567, count: 214 },
      decode: { sumS: 83.98303699499957, count: 214 },
    })
  })

  it('of several engines are summed, but for the fullest cache', () => {
    const second = AFTER.replaceAll('engine="0"', 'engine="1"').replace(
      /(kv_cache_usage_perc\{.*\}) 0.0/,
      '$1 0.25',
    )
    const both = parseServerMetrics(AFTER + second)!
    expect(both).to.include({ completed: 428, generationTokens: 41422, kvCacheShare: 0.25 })
    expect(both.ttft!.count).to.equal(428)
  })

  it('are found by their older names', () => {
    const old = AFTER.replaceAll('vllm:prefix_cache', 'vllm:gpu_prefix_cache').replaceAll(
      'vllm:kv_cache_usage_perc',
      'vllm:gpu_cache_usage_perc',
    )
    expect(parseServerMetrics(old)).to.deep.equal(parseServerMetrics(AFTER))
  })

  it('are not seen where they are not', () => {
    expect(parseServerMetrics('')).to.equal(undefined)
    expect(parseServerMetrics('process_cpu_seconds_total 3\n')).to.equal(undefined)
    const few = parseServerMetrics('vllm:num_requests_running 2\n')!
    expect(few).to.include({ running: 2 })
    expect(few.completed ?? few.ttft ?? few.promptTokens).to.equal(undefined)
  })
})

describe('client and server, compared', () => {
  const CLIENT: ClientCount = {
    ...{ ok: 214, failed: 0, inputTokens: 20676, outputTokens: 20711 },
    ...{ ttftMeanMs: 110, e2eMeanMs: 500, hasUsage: true },
  }

  /** @param texts what /metrics says, one after the other; the last goes on */
  const check = async (
    texts: readonly string[],
    client: Partial<ClientCount> = {},
    isShared = false,
  ) => {
    let asked = 0
    const call = () => {
      const body = texts[Math.min(asked++, texts.length - 1)]
      return Promise.resolve({ status: body === '' ? 404 : 200, body, headers: {} })
    }
    const watcher = new ServerWatcher({ call } as unknown as Http, systemClock, 'http://x', {})
    await watcher.begin()
    return watcher.end({ ...CLIENT, ...client }, isShared)
  }

  it('are reconciled when all is the same; the server’s own times are means by sum and count', async () => {
    const found = await check([BEFORE, AFTER], {}, true)
    expect(found).to.include({ verdict: 'reconciled', unavailable: null, preemptions: 0 })
    expect(found.findings).to.deep.equal([])
    expect(found.requests).to.deep.equal({ client: 214, server: 214, difference: 0 })
    expect(found.ttftMs!.server).to.be.closeTo(22605.541706 / 214, 1e-6)
    expect(found.ttftMs!.difference).to.be.closeTo(110 - 22605.541706 / 214, 1e-6)
    expect(found.queueMs).to.be.closeTo(82.021407 / 214, 1e-6)
    expect(found.prefixCacheHitShare).to.be.closeTo(2560 / 20676, 1e-12)
  })

  it('count what was between, not what was before', async () => {
    const later = AFTER.replace(
      'reason="length",model_name="tiny"} 187',
      'reason="length",model_name="tiny"} 190',
    )
    const found = await check([AFTER, later], { ok: 3 })
    expect(found.requests).to.deep.equal({ client: 3, server: 3, difference: 0 })
    expect(found.ttftMs!.server, 'no sample between').to.equal(null)
  })

  for (const { title, client, verdict, says } of [
    {
      title: 'a request too few',
      client: { ok: 213 },
      verdict: 'unreconciled',
      says: /completed 214 requests, the client 213/,
    },
    {
      title: 'tokens apart by more than half a percent',
      client: { outputTokens: 20600 },
      verdict: 'unreconciled',
      says: /counted 20711 tokens, the client 20600/,
    },
    {
      title: 'tokens apart by less',
      client: { outputTokens: 20650 },
      verdict: 'reconciled',
      says: /^$/,
    },
    {
      title: 'tokens that nobody counted',
      client: { outputTokens: 9, hasUsage: false },
      verdict: 'reconciled',
      says: /^$/,
    },
    {
      title: 'tokens of answers that failed in between',
      client: { outputTokens: 9, failed: 3 },
      verdict: 'reconciled',
      says: /^$/,
    },
  ])
    it(`${title}: ${verdict}`, async () => {
      const found = await check([BEFORE, AFTER], client, true)
      expect(found.verdict).to.equal(verdict)
      expect(found.findings.join()).to.match(says)
    })

  it('tell of a prefix cache that was hit, unless prompts were meant to share', async () => {
    expect((await check([BEFORE, AFTER])).findings.join()).to.match(/12 % of the prompt tokens/)
  })

  it('tell of preemptions, and of a server that was restarted', async () => {
    const full = AFTER.replace(/(num_preemptions_total\{.*\}) 0.0/, '$1 4.0')
    expect((await check([BEFORE, full], {}, true)).findings.join()).to.match(
      /4 requests were preempted/,
    )
    const restarted = await check([AFTER, BEFORE])
    expect(restarted.verdict).to.equal('unreconciled')
    expect(restarted.findings.join()).to.match(/restarted/)
  })

  it('wait until nothing runs any more', async () => {
    const busy = AFTER.replace(/(num_requests_running\{.*\}) 0.0/, '$1 2.0').replace(
      /(reason="length",.*) 187/,
      '$1 185',
    )
    expect((await check([BEFORE, busy, busy, AFTER], {}, true)).verdict).to.equal('reconciled')
  })

  it('can’t be where the server says nothing', async () => {
    for (const texts of [[''], [BEFORE, '']]) {
      const found = await check(texts)
      expect(found).to.include({ verdict: 'unknown', unavailable: '/metrics says 404' })
      expect(found.requests).to.equal(null)
    }
    expect((await check(['other 1\n'])).unavailable).to.match(/no vLLM figures/)
  })
})
