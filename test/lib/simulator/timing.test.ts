import { expect } from 'chai'
import { drawMs } from '../../../src/lib/simulator/draw.js'
import { monotonicMs } from '../../../src/lib/simulator/monotonic.js'
import { Slots } from '../../../src/lib/simulator/slots.js'
import { Timeline } from '../../../src/lib/simulator/timeline.js'
import { Rng } from '../../../src/lib/instrument/rng.js'
import { ask, parsed, quickSimulator, usageOf } from '../../support/sse-client.js'

const constant = (meanMs: number) => ({ kind: 'constant' as const, meanMs })
const gaps = (times: readonly number[]) => times.slice(1).map((time, i) => time - times[i])

describe('the simulator’s time', () => {
  it('is of the clock that every process has', () => {
    const before = Number(process.hrtime.bigint()) / 1e6
    const here = monotonicMs()
    const after = Number(process.hrtime.bigint()) / 1e6
    // The one is read in milliseconds, the others in nanoseconds.
    expect(here).to.be.within(before - 0.01, after + 0.01)
  })

  it('tokens leave no earlier than they are due', async () => {
    await using simulator = await quickSimulator({ ttftMs: constant(30), itlMs: constant(5) })
    const { reads } = await simulator.complete({ max_tokens: 60 })
    const [{ receivedMs, tokensSentAtMs, queuedMs }] = simulator.truth()
    expect(tokensSentAtMs).to.have.length(60)
    const startedMs = receivedMs + queuedMs!
    tokensSentAtMs.forEach((at, i) => expect(at - startedMs).to.be.at.least(30 + 5 * i))
    // What was read was sent before: the truth is no later than what a client sees.
    expect(reads[0].atMs).to.be.at.least(tokensSentAtMs[0])
  })

  it('several tokens an event: the first alone, all at their own pace', async () => {
    await using simulator = await quickSimulator({ itlMs: constant(4), tokensPerEvent: 4 })
    const { events } = await simulator.complete({
      max_tokens: 11,
      stream_options: { include_usage: true, continuous_usage_stats: true },
    })
    const counts = parsed(events).map(({ usage }) => usage?.completion_tokens)
    expect(counts).to.deep.equal([1, 5, 9, 11, 11])
    const [{ tokensSentAtMs: sent }] = simulator.truth()
    expect(sent).to.have.length(11)
    expect(new Set(sent.slice(1, 5)).size).to.equal(1)
    const [{ receivedMs, queuedMs }] = simulator.truth()
    expect(sent[1] - receivedMs - queuedMs!).to.be.at.least(5 + 4 * 4)
  })

  it('several events a segment: in one write', async () => {
    await using simulator = await quickSimulator({ eventsPerSegment: 3, itlMs: constant(30) })
    const { reads, events } = await simulator.complete({ max_tokens: 7 })
    expect(events).to.have.length(9)
    // Chunks that were in one segment are read in one turn.
    const turns = gaps(reads.map(({ atMs }) => atMs)).filter((gap) => gap > 20)
    expect(turns).to.have.length(2)
    const [{ tokensSentAtMs: sent }] = simulator.truth()
    expect(new Set(sent).size).to.equal(3)
  })

  it('CRLF ends every line where that is asked for', async () => {
    await using simulator = await quickSimulator({ lineEnd: '\r\n' })
    const { body, events } = await simulator.chat()
    expect(body.replaceAll('\r\n', '')).to.not.match(/[\r\n]/)
    expect(events).to.have.length(8 + 3)
  })

  it('usage follows the last token later where that is asked for', async () => {
    await using simulator = await quickSimulator({ tailMs: 80 })
    const { reads } = await simulator.complete()
    const [{ receivedMs, queuedMs, endedMs, tokensSentAtMs }] = simulator.truth()
    expect(String(reads.at(-2)!.bytes)).to.include('"choices":[]')
    // The last token is due after 5 + 7 × 2 ms.
    expect(reads.at(-2)!.atMs - receivedMs - queuedMs!).to.be.at.least(19 + 80)
    expect(endedMs).to.be.greaterThan(tokensSentAtMs.at(-1)!)
  })

  it('one slot: requests wait in line, in their order', async () => {
    await using simulator = await quickSimulator({ slots: 1, ttftMs: constant(40) })
    await Promise.all([0, 1, 2].map((user) => simulator.complete({ user: String(user) })))
    const records = simulator.truth()
    expect(records.map(({ ordinal }) => ordinal)).to.deep.equal([0, 1, 2])
    for (const [before, after] of [records.slice(0, 2), records.slice(1)]) {
      const freeAtMs = before.tokensSentAtMs.at(-1)!
      // Less what is lost in the sum.
      expect(after.receivedMs + after.queuedMs!).to.be.at.least(freeAtMs - 0.001)
      expect(after.tokensSentAtMs[0]).to.be.at.least(freeAtMs + 40)
    }
    expect(records.map(({ id }) => id).sort()).to.deep.equal(['0', '1', '2'])
  })

  it('a client that goes away gives its slot to the next', async () => {
    // Patient enough to have been taken, on a busy machine too, and gone before the first token.
    await using simulator = await quickSimulator({ slots: 1, ttftMs: constant(2_000) })
    const [left, next] = await Promise.all([
      ask(
        `${simulator.url}/v1/completions`,
        { prompt: 'a', stream: true, max_tokens: 5000 },
        { patienceMs: 1_000 },
      ),
      simulator.complete(),
    ])
    expect(left.ended).to.equal('silent')
    expect(usageOf(next.events)).to.equal(8)
    expect(simulator.truth().map(({ finish }) => finish)).to.have.members([null, 'length'])
  })

  it('128 streams at once: each has all its tokens', async () => {
    await using simulator = await quickSimulator({ itlMs: constant(10), ttftMs: constant(20) })
    const all = await Promise.all(Array.from({ length: 128 }, () => simulator.complete()))
    for (const { events } of all) expect(usageOf(events)).to.equal(8)
    for (const { tokensSentAtMs: sent } of simulator.truth())
      for (const gap of gaps(sent)) expect(gap).to.be.at.least(0)
  })
})

describe('a distribution of the simulator', () => {
  for (const { kind, meanMs, sd, wanted } of [
    { kind: 'constant', meanMs: 20, sd: undefined, wanted: 0 },
    { kind: 'normal', meanMs: 20, sd: 3, wanted: 3 },
    { kind: 'normal', meanMs: 20, sd: undefined, wanted: 2 },
    { kind: 'exponential', meanMs: 20, sd: undefined, wanted: 20 },
    { kind: 'lognormal', meanMs: 20, sd: 10, wanted: 10 },
  ] as const)
    it(`${kind}, sd ${sd}: has its mean and its deviation`, () => {
      const rng = new Rng(1, kind)
      const samples = Array.from({ length: 20_000 }, () => drawMs({ kind, meanMs, sd }, rng))
      const mean = samples.reduce((a, b) => a + b) / samples.length
      const deviation = Math.sqrt(
        samples.reduce((sum, sample) => sum + (sample - mean) ** 2, 0) / samples.length,
      )
      expect(mean).to.be.closeTo(meanMs, 0.5)
      expect(deviation).to.be.closeTo(wanted, 0.5)
      expect(Math.min(...samples)).to.be.at.least(0)
    })
})

describe('a timeline', () => {
  it('runs all in the order of their times, and not what was given up', async () => {
    const timeline = new Timeline()
    const rng = new Rng(1, 'timeline')
    const start = monotonicMs()
    const ran: number[] = []
    const given = Array.from({ length: 200 }, () => start + rng.uniform() * 40)
    await new Promise<void>((resolve) => {
      for (const at of given) timeline.at(at, () => ran.push(at))
      timeline.at(start + 20, () => ran.push(-1)).run = null
      timeline.at(start + 41, resolve)
    })
    expect(ran).to.deep.equal([...given].sort((a, b) => a - b))
  })

  it('wakes for what is due earlier than all before it', async () => {
    const timeline = new Timeline()
    const start = monotonicMs()
    timeline.at(start + 10_000, () => undefined)
    await new Promise<void>((resolve) => timeline.at(start + 5, resolve))
    expect(monotonicMs() - start).to.be.within(5, 9_999)
    timeline.stop()
  })
})

describe('slots', () => {
  it('are given back once, by whoever runs or waits', () => {
    const slots = new Slots(1)
    const ran: string[] = []
    const enter = (name: string) => slots.enter(() => ran.push(name))
    const [a, b, c] = ['a', 'b', 'c'].map(enter)
    expect([slots.running, slots.waiting]).to.deep.equal([1, 2])
    b()
    a()
    a()
    expect(ran).to.deep.equal(['a', 'c'])
    expect([slots.running, slots.waiting]).to.deep.equal([1, 0])
    c()
    expect(slots.running).to.equal(0)
  })
})
