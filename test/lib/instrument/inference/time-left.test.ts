import { expect } from 'chai'
import { LiveTokens, mergeTokens } from '../../../../src/lib/instrument/inference/live-tokens.js'
import type { InferenceSample } from '../../../../src/lib/instrument/inference/plan.js'
import { inferenceTable } from '../../../../src/lib/instrument/inference/request-table.js'
import { LiveCounters } from '../../../../src/lib/instrument/load/live-counters.js'
import { SampleBoard } from '../../../../src/lib/instrument/load/live-merge.js'
import { exponentialGaps, renewalArrivals } from '../../../../src/lib/instrument/load/arrivals.js'

/** A server on a scripted clock: it answers `slots` at a time, a token each `tpotMs` after a TTFT. */
interface Server {
  slots: number
  ttftMs: number
  tpotMs: number
  tokens: (index: number) => number
}
interface Load {
  dueMs?: Float64Array
  concurrency?: number
  count: number
  durationMs?: number
  workers?: number
}
interface Request {
  index: number
  dueMs: number
  startMs: number
  endMs: number
}

/** When each request would be sent, begun and ended. */
function play(load: Load, server: Server): Request[] {
  const { ttftMs, tpotMs, tokens } = server
  const free = new Float64Array(server.slots)
  const clients = new Float64Array(load.concurrency ?? 0)
  const requests: Request[] = []
  for (let index = 0; index < load.count; index++) {
    const slot = free.indexOf(Math.min(...free))
    const client = clients.length > 0 ? clients.indexOf(Math.min(...clients)) : -1
    const dueMs = load.dueMs ? load.dueMs[index] : clients[client]
    if (load.durationMs !== undefined && dueMs >= load.durationMs) break
    const startMs = Math.max(dueMs, free[slot])
    const endMs = startMs + ttftMs + tpotMs * (tokens(index) - 1)
    free[slot] = endMs
    if (client >= 0) clients[client] = endMs
    requests.push({ index, dueMs, startMs, endMs })
  }
  return requests
}

/** The samples of one worker, a second each, and when all of it had ended. */
function watch(load: Load, server: Server, index = 0) {
  const workers = load.workers ?? 1
  const all = play(load, server)
  const mine = all.filter((one) => one.index % workers === index)
  const samples: InferenceSample[] = []
  const table = inferenceTable()
  let nowMs = 0
  const inFlight = () =>
    mine
      .filter(({ dueMs, endMs }) => dueMs <= nowMs && endMs > nowMs)
      .map((one) => {
        const firstMs = one.startMs + server.ttftMs
        const came = Math.floor((nowMs - firstMs) / server.tpotMs) + 1
        return {
          sentMs: one.dueMs,
          response: {
            firstMs: nowMs >= firstMs ? firstMs : NaN,
            hasContinuousUsage: false,
            completionTokens: -1,
            events: Math.max(0, came),
          },
        }
      })
  const live = new LiveCounters({
    name: 'pass',
    shape: {
      dueMs: load.dueMs ?? null,
      count: load.count,
      durationMs: load.durationMs ?? null,
      workers,
    },
    isCounted: load.durationMs === undefined,
    table,
    figures: new LiveTokens(table, server.tokens(0)),
    inFlight,
    emit: (sample) => samples.push(sample),
    nowMs: () => nowMs,
  })
  const endMs = Math.max(...all.map((one) => one.endMs))
  let [sent, ended] = [0, 0]
  const byEnd = mine.toSorted((a, b) => a.endMs - b.endMs)
  for (nowMs = 1_000; nowMs < endMs; nowMs += 1_000) {
    while (sent < mine.length && mine[sent].dueMs <= nowMs) live.sent(NaN, mine[sent++].dueMs)
    while (ended < mine.length && byEnd[ended].endMs <= nowMs) {
      const one = byEnd[ended++]
      const firstMs = one.startMs + server.ttftMs
      live.ended(
        table.add({
          ...{ index: one.index, dueMs: one.dueMs, readyMs: one.dueMs, sentMs: one.dueMs },
          ...{ firstMs, answerMs: firstMs, firstTokenMs: firstMs, lastMs: one.endMs },
          ...{ endMs: one.endMs, inputTokens: 10, outputTokens: server.tokens(one.index) },
          ...{ tokensAtFirst: 1, events: 1, isEstimated: 0, isCutShort: 0, isFirstUse: 0 },
          ...{ validity: 0, errorClass: -1, isSteady: 0 },
        }),
      )
    }
    live.sample()
  }
  return { samples, endMs }
}

const poisson = (perSecond: number, count: number) =>
  renewalArrivals(perSecond, { durationMs: Infinity, limit: count }, exponentialGaps(1, 'test'))
const even = { slots: 256, ttftMs: 200, tpotMs: 20, tokens: () => 120 }
const uneven = { ...even, tokens: (index: number) => 10 + ((index * 37) % 250) }

describe('the time left of a pass', () => {
  for (const { title, load, server, fromS = 3 } of [
    {
      title: 'the default: 1 000 requests, Poisson 4/s',
      load: { dueMs: poisson(4, 1_000), count: 1_000 },
      server: even,
    },
    {
      title: 'answers of many lengths, 20/s',
      load: { dueMs: poisson(20, 3_000), count: 3_000 },
      server: uneven,
    },
    {
      title: 'a closed loop in lock step',
      load: { concurrency: 64, count: 4_000 },
      server: even,
    },
    {
      title: 'a closed loop, answers of many lengths',
      load: { concurrency: 32, count: 1_000 },
      server: uneven,
      fromS: 10,
    },
    {
      title: 'all at once, sixteen at a time',
      load: { dueMs: new Float64Array(500), count: 500 },
      server: { ...even, slots: 16 },
      fromS: 5,
    },
    {
      title: 'a closed loop of a minute',
      load: { concurrency: 16, count: 1_000_000, durationMs: 60_000 },
      server: even,
    },
    {
      title: 'a server that gets twice what it can do',
      load: { dueMs: poisson(12.8, 3_000), count: 3_000 },
      server: { ...even, slots: 16 },
      fromS: 30,
    },
  ])
    it(`is right within a tenth: ${title}`, () => {
      const { samples, endMs } = watch(load, server)
      const wrong = samples.filter(({ elapsedS, leftS }) => {
        const trueS = endMs / 1000 - elapsedS
        return (
          elapsedS >= fromS && Math.abs((leftS ?? Infinity) - trueS) > Math.max(2.5, trueS / 10)
        )
      })
      expect(
        wrong.map(({ elapsedS, leftS }) => `${elapsedS}: ${leftS} of ${endMs / 1000 - elapsedS}`),
      ).to.deep.equal([])
    })

  it('is told from the first second where there is a schedule, and does not stand still', () => {
    const { samples, endMs } = watch({ dueMs: poisson(4, 1_000), count: 1_000 }, even)
    expect(samples[0].leftS).to.be.within(0.9 * (endMs / 1000 - 1), endMs / 1000)
    for (const [i, { leftS }] of samples.entries())
      if (i > 5) expect(leftS).to.be.below(samples[i - 3].leftS!)
  })

  it('is not N times as long with N workers', () => {
    const load = { concurrency: 64, count: 4_000, workers: 4 }
    const shown: InferenceSample[] = []
    const board = new SampleBoard<InferenceSample>(mergeTokens, (sample) => shown.push(sample))
    const parts = [0, 1, 2, 3].map((index) => watch(load, even, index))
    for (let second = 0; second < parts[0].samples.length; second++) {
      for (const worker of [1, 2, 3]) board.other(worker, parts[worker].samples[second])
      board.own(parts[0].samples[second])
    }
    const { elapsedS, leftS, done } = shown[40]
    const trueS = parts[0].endMs / 1000 - elapsedS
    expect(leftS).to.be.within(trueS * 0.9, trueS * 1.1)
    expect(done).to.be.closeTo((4_000 * elapsedS) / (elapsedS + trueS), 100)
  })
})

describe('the time left of a run', () => {
  it('counts the passes to come, as long as those that were', () => {
    const shown: InferenceSample[] = []
    const board = new SampleBoard<InferenceSample>(mergeTokens, (sample) => shown.push(sample))
    const { samples } = watch({ concurrency: 64, count: 640 }, even)
    const say = (elapsedS: number, leftS: number) => board.own({ ...samples[0], elapsedS, leftS })
    say(1, 9)
    board.expect(3)
    board.repeatBegins()
    say(2, 8)
    say(10, 2)
    board.repeatBegins()
    say(1, 9)
    expect(shown.map(({ runLeftS }) => runLeftS)).to.deep.equal([null, 28, 26, 21])
  })
})

describe('the live figures', () => {
  it('count tokens as they come, in lock step too, and each first token once', () => {
    const { samples } = watch({ concurrency: 64, count: 640 }, even)
    // 64 streams of 120 tokens in 2.58 s.
    for (const { outputTokensPerSecond } of samples.slice(1, -1))
      expect(outputTokensPerSecond).to.be.within(2_300, 3_300)
    expect(samples[0]).to.deep.include({ ttftMs: 200, done: 0, inFlight: 64, of: 640 })
    expect(samples.at(-1)!.ttftP99Ms).to.be.closeTo(200, 1)
  })
})
