import { expect } from 'chai'
import { closedLoop, openLoop } from '../../src/lib/instrument/load/load.js'
import { timed } from '../support/timed.js'

const never = new AbortController().signal
const after = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms))

describe('the closed loop', () => {
  timed('keeps exactly so many requests in flight, and measures their time', async () => {
    let [inFlight, most] = [0, 0]
    const { sent, wallMs, lost } = await closedLoop(4, {
      send: async (_item, finish) => {
        most = Math.max(most, ++inFlight)
        await after(10)
        finish()
        inFlight--
        return {}
      },
      ...{ items: 3, durationMs: 300, signal: never },
    })
    expect(most).to.equal(4)
    expect(lost).to.equal(false)
    expect(Math.min(...sent.map(({ sentMs, endMs }) => endMs - sentMs))).to.be.at.least(9)
    // 4 in flight and 10 ms each: at most 400 a second.
    expect((sent.length / wallMs) * 1000).to.be.within(100, 420)
    expect(new Set(sent.map(({ item }) => item))).to.deep.equal(new Set([0, 1, 2]))
  })

  timed('does not count what is read out of the answer as latency', async () => {
    const { sent } = await closedLoop(1, {
      send: async (_item, finish) => {
        await after(1)
        finish()
        await after(40)
        return {}
      },
      ...{ items: 1, durationMs: 200, signal: never },
    })
    expect(Math.min(...sent.map(({ sentMs, endMs }) => endMs - sentMs))).to.be.below(30)
  })

  timed('gives a server up that only fails', async () => {
    let asked = 0
    const { lost, sent } = await closedLoop(8, {
      send: async () => ({ error: (asked++, 'refused') }),
      ...{ items: 1, durationMs: 10_000, signal: never },
    })
    expect(lost).to.equal(true)
    expect(asked).to.be.within(200, 220)
    expect(sent.every(({ error }) => error === 'refused')).to.equal(true)
  })

  timed('goes on when one request in ten fails', async () => {
    let asked = 0
    const { lost, sent } = await closedLoop(8, {
      send: async () => (await after(1), ++asked % 10 === 0 ? { error: 'http_500' } : {}),
      ...{ items: 1, durationMs: 900, signal: never },
    })
    expect(lost).to.equal(false)
    const failed = sent.filter(({ error }) => error !== undefined).length
    expect(failed / sent.length).to.be.closeTo(0.1, 0.02)
  })
})

describe('the open loop', () => {
  const arrivals = (count: number, gapMs: number) =>
    Float64Array.from({ length: count }, (_, i) => i * gapMs)

  timed('sends when it is due, whether answers come or not', async () => {
    const { sent, lagsMs } = await openLoop(arrivals(40, 5), 1_024, {
      send: async () => (await after(150), {}),
      ...{ items: 7, durationMs: 200, signal: never },
    })
    expect(sent).to.have.lengthOf(40)
    expect(lagsMs.slice().sort()[20]).to.be.below(3)
    // All were sent before the first was answered twice over: the answers did not hold them up.
    const firstSent = Math.min(...sent.map(({ sentMs }) => sentMs))
    expect(Math.max(...sent.map(({ sentMs }) => sentMs)) - firstSent).to.be.within(190, 260)
  })

  timed('counts what a server made late from the due time', async () => {
    let blocked = false
    const { sent } = await openLoop(arrivals(20, 5), 1_024, {
      send: async () => {
        if (!blocked) {
          blocked = true
          const until = performance.now() + 80
          while (performance.now() < until);
        }
        return {}
      },
      ...{ items: 1, durationMs: 100, signal: never },
    })
    const fromDue = sent.map(({ dueMs, endMs }) => endMs - dueMs).sort((a, b) => a - b)
    const fromSent = sent.map(({ sentMs, endMs }) => endMs - sentMs).sort((a, b) => a - b)
    expect(fromDue[10], 'from due, median').to.be.above(20)
    expect(fromSent[10], 'from sent, median').to.be.below(10)
  })

  timed('drops, and counts, what goes beyond the cap', async () => {
    const { sent } = await openLoop(arrivals(30, 1), 10, {
      send: async () => (await after(100), {}),
      ...{ items: 1, durationMs: 30, signal: never },
    })
    expect(sent).to.have.lengthOf(30)
    expect(sent.filter(({ error }) => error === 'dropped')).to.have.lengthOf(20)
  })
})
