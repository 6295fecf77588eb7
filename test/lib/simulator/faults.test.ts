import { expect } from 'chai'
import { Agent } from 'node:http'
import { FaultPlan } from '../../../src/lib/simulator/fault-plan.js'
import { FAILURES, ODDITIES, type FaultKind } from '../../../src/lib/simulator/options.js'
import {
  finishOf,
  parsed,
  quickSimulator,
  textOf,
  usageOf,
  type Seen,
} from '../../support/sse-client.js'

const TOKENS = 8

/** One request with the fault, one without. */
async function spoilt(kind: FaultKind, endpoint: 'chat' | 'complete', body: object = {}) {
  await using simulator = await quickSimulator({
    faults: [{ kind, indices: [0], delayMs: 60 }],
  })
  const seen = await simulator[endpoint](body, { patienceMs: kind === 'stall' ? 300 : 5000 })
  const after = await simulator[endpoint](body)
  expect(after.ended).to.equal('complete')
  return { ...seen, truth: simulator.truth() }
}

const isJson = (text: string) => {
  try {
    return Boolean(JSON.parse(text))
  } catch {
    return false
  }
}

const isEmpty = (event: string) => ['', 'null', ': ping'].includes(event)

/** What a right client needs to call a stream good. */
const isGood = ({ status, ended, events }: Seen) =>
  status === 200 &&
  ended === 'complete' &&
  events.every((event) => event === '[DONE]' || isJson(event) || isEmpty(event)) &&
  ['stop', 'length'].includes(finishOf(events) ?? '')

interface Expectation {
  [what: string]: unknown
}
const STREAM = { status: 200, ended: 'complete' }
const EXPECTED: Readonly<Record<FaultKind, (seen: Seen) => Expectation>> = {
  http_429: () => ({ status: 429, ended: 'complete' }),
  http_500: () => ({ status: 500, ended: 'complete' }),
  http_503: () => ({ status: 503, ended: 'complete' }),
  stream_error: ({ events }) => ({
    ...STREAM,
    done: events.at(-1) === '[DONE]',
    error: parsed(events).at(-1)?.error?.code === 500,
  }),
  // Where the last bytes and the reset come in one look, libuv tells an end in place of the error.
  reset: ({ ended }) => ({ status: 200, broken: ended === 'reset' || ended === 'cut' }),
  hang_up: () => ({ status: 200, ended: 'cut' }),
  stall: () => ({ status: 200, ended: 'silent' }),
  truncated: ({ events }) => ({
    ...STREAM,
    finish: finishOf(events) === null,
    noDone: !events.includes('[DONE]'),
  }),
  bad_json: ({ events }) => ({
    ...STREAM,
    bad: events.filter((event) => event !== '[DONE]' && !isJson(event)).length === 1,
  }),
  empty: ({ events }) => ({ ...STREAM, only: events.join() === '[DONE]' }),
  silent: ({ events, closed }) => ({ ...STREAM, none: events.length === 0, closed }),
  abort: ({ events }) => ({ ...STREAM, finish: finishOf(events) === 'abort' }),
  early_done: ({ events }) => ({ ...STREAM, done: events.includes('[DONE]') }),
  named_error: ({ body }) => ({ ...STREAM, named: /^event: error\n: Engine/m.test(body) }),
  error_field: ({ body }) => ({ ...STREAM, field: /^error: \{/m.test(body) }),
  flat_error: ({ body }) => ({ ...STREAM, flat: body.includes('{"object":"error"') }),
  json_error: ({ body }) => ({ ...STREAM, bare: body.startsWith('{"error"') }),
  empty_events: ({ events }) => ({ ...STREAM, null: events.includes('null') }),
  usage_in_finish: ({ events }) => ({
    ...STREAM,
    one: parsed(events).some(({ choices, usage }) => usage && choices[0]?.finish_reason),
  }),
  no_usage: ({ events }) => ({ ...STREAM, none: usageOf(events) === undefined }),
  no_done: ({ events }) => ({ ...STREAM, none: !events.includes('[DONE]') }),
  split_utf8: ({ body, reads }) => ({
    ...STREAM,
    whole: !body.includes('\ufffd'),
    split: reads.some(({ bytes }) => bytes.toString('utf8').includes('\ufffd')),
  }),
  role_only: ({ events }) => ({
    ...STREAM,
    odd:
      parsed(events).filter(({ choices: [one] }) => one && !(one.text ?? one.delta?.content))
        .length > 3,
  }),
  early_role: ({ reads }) => ({ ...STREAM, early: reads.length > 1 }),
  empty_deltas: ({ events }) => ({
    ...STREAM,
    odd:
      parsed(events).filter(({ choices: [one] }) => one && !(one.text ?? one.delta?.content))
        .length > 3,
  }),
  empty_text: ({ events }) => ({
    ...STREAM,
    empty: textOf(events) === '',
    usage: usageOf(events) === TOKENS,
  }),
  slow_accept: () => STREAM,
  keep_alive_closed: ({ closed, headers }) => ({
    ...STREAM,
    closed,
    unsaid: headers.connection !== 'close',
  }),
}

describe('a fault of the simulator', () => {
  for (const endpoint of ['complete', 'chat'] as const)
    for (const kind of [...FAILURES, ...ODDITIES])
      it(`${kind} (${endpoint}): is what it says, and only for its request`, async () => {
        const seen = await spoilt(kind, endpoint)
        for (const [what, value] of Object.entries(EXPECTED[kind](seen)))
          if (typeof value === 'boolean') expect(value, what).to.equal(true)
          else expect((seen as unknown as Expectation)[what], what).to.equal(value)
        const failed = (FAILURES as readonly string[]).includes(kind)
        expect(isGood(seen), 'good').to.equal(!failed)
        const record = seen.truth.find(({ ordinal }) => ordinal === 0)!
        expect(record.fault).to.equal(kind)
        if (!failed || kind === 'bad_json') expect(record.outputTokens).to.equal(TOKENS)
        expect(seen.truth.find(({ ordinal }) => ordinal === 1)).to.include({
          fault: null,
          outputTokens: TOKENS,
        })
      })

  it('comes after so many tokens', async () => {
    for (const kind of ['stream_error', 'reset', 'hang_up', 'stall', 'truncated'] as const) {
      const { events, truth } = await spoilt(kind, 'complete')
      const tokens = events.filter((event) => isJson(event) && event.includes('"text"')).length
      expect(tokens, kind).to.equal(3)
      expect(truth.find(({ ordinal }) => ordinal === 0)?.outputTokens, kind).to.equal(3)
    }
  })

  it('early_role: comes long before the first token', async () => {
    await using simulator = await quickSimulator({
      faults: [{ kind: 'early_role', share: 1 }],
      ttftMs: { kind: 'constant', meanMs: 200 },
    })
    const { reads } = await simulator.chat()
    const [{ tokensSentAtMs }] = simulator.truth()
    expect(String(reads[0].bytes)).to.include('"role"')
    expect(tokensSentAtMs[0] - reads[0].atMs).to.be.greaterThan(100)
  })

  it('slow_accept: delays the headers, too', async () => {
    await using simulator = await quickSimulator({
      faults: [{ kind: 'slow_accept', share: 1, delayMs: 150 }],
    })
    const start = performance.now()
    await simulator.complete()
    expect(performance.now() - start).to.be.greaterThan(150)
    expect(simulator.truth()[0].queuedMs).to.be.greaterThan(149)
  })

  it('keep_alive_closed: the next request needs a new connection, or fails', async () => {
    await using simulator = await quickSimulator({
      faults: [{ kind: 'keep_alive_closed', indices: [0] }],
    })
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    const { closed } = await simulator.complete({}, { agent })
    expect(closed).to.equal(true)
    expect(await simulator.complete({}, { agent })).to.include({ ended: 'complete', closed: false })
    agent.destroy()
  })

  it('of an answer in one piece becomes its nearest kin', async () => {
    const whole = { stream: false, stream_options: null }
    for (const [kind, ended] of [
      ['reset', 'reset'],
      ['truncated', 'cut'],
      ['bad_json', 'complete'],
      ['abort', 'complete'],
    ] as const) {
      await using simulator = await quickSimulator({ faults: [{ kind, share: 1 }] })
      const seen = await simulator.complete(whole).catch((error: NodeJS.ErrnoException) => ({
        ended: error.code === 'ECONNRESET' ? 'reset' : 'other',
        body: '',
      }))
      expect(seen.ended, kind).to.equal(ended)
      if (kind === 'bad_json') expect(isJson(seen.body)).to.equal(false)
      if (kind === 'abort') expect(seen.body).to.include('"finish_reason":"abort"')
    }
    await using simulator = await quickSimulator({ faults: [{ kind: 'stream_error', share: 1 }] })
    expect((await simulator.complete(whole)).status).to.equal(500)
  })
})

describe('a plan of faults', () => {
  const counts = (plan: FaultPlan<{ kind: string; from: number }>, requests: number) => {
    const found: Record<string, number> = {}
    for (let i = 0; i < requests; i++) {
      const kind = plan.next()?.kind ?? 'none'
      found[kind] = (found[kind] ?? 0) + 1
    }
    return found
  }

  it('has exact shares at the end of every round', () => {
    const targets = [
      { kind: 'a', share: 0.1, from: 0 },
      { kind: 'b', share: 0.1, from: 0 },
      { kind: 'c', share: 0.25, from: 0 },
    ]
    for (const requests of [20, 100, 1000])
      expect(counts(new FaultPlan(targets), requests)).to.deep.equal({
        a: requests / 10,
        b: requests / 10,
        c: requests / 4,
        none: (requests * 11) / 20,
      })
  })

  it('spreads a share evenly', () => {
    const plan = new FaultPlan([{ kind: 'a', share: 0.2, from: 0 }])
    const at = Array.from({ length: 50 }, (_, i) => (plan.next() ? i : -1)).filter((i) => i >= 0)
    expect(at.slice(1).map((one, i) => one - at[i])).to.deep.equal(Array(9).fill(5))
  })

  it('spoils all or nothing', () => {
    expect(counts(new FaultPlan([{ kind: 'a', share: 1, from: 0 }]), 7)).to.deep.equal({ a: 7 })
    expect(counts(new FaultPlan([{ kind: 'a', share: 0, from: 0 }]), 7)).to.deep.equal({ none: 7 })
  })

  it('knows every nth and single places, counted from where it begins', () => {
    const plan = new FaultPlan([
      { kind: 'nth', everyNth: 3, from: 2 },
      { kind: 'place', indices: [0, 2], from: 2 },
    ])
    const found = Array.from({ length: 9 }, () => plan.next()?.kind ?? '-')
    expect(found.join(' ')).to.equal('- - place - nth - - nth -')
  })

  it('begins a share where it is told to', () => {
    const plan = new FaultPlan([{ kind: 'a', share: 0.5, from: 10 }])
    expect(counts(plan, 10)).to.deep.equal({ none: 10 })
    expect(counts(plan, 40)).to.deep.equal({ none: 20, a: 20 })
  })
})
