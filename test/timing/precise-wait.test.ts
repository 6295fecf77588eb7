import { expect } from 'chai'
import { waitUntil } from '../../src/lib/instrument/load/precise-wait.js'
import { timed } from '../support/timed.js'

const never = new AbortController().signal

describe('a precise wait', () => {
  timed('ends no earlier than it is due, and soon after', async () => {
    const late: number[] = []
    for (let i = 0; i < 30; i++) {
      const dueMs = performance.now() + 3 + i / 10
      await waitUntil(dueMs, never)
      late.push(performance.now() - dueMs)
    }
    late.sort((a, b) => a - b)
    expect(late[0]).to.be.at.least(0)
    // A timer alone would be a millisecond late.
    expect(late[15]).to.be.below(0.5)
  })

  timed('without spinning is not early either', async () => {
    const dueMs = performance.now() + 7.3
    await waitUntil(dueMs, never, 0)
    expect(performance.now()).to.be.at.least(dueMs)
  })

  timed('does not wait for what is past', async () => {
    const begun = performance.now()
    await waitUntil(begun - 1_000, never)
    expect(performance.now() - begun).to.be.below(50)
  })

  timed('ends when it is aborted, before or meanwhile', async () => {
    const begun = performance.now()
    await waitUntil(begun + 60_000, AbortSignal.abort())
    const stop = new AbortController()
    setTimeout(() => stop.abort(), 5)
    await waitUntil(begun + 60_000, stop.signal)
    expect(performance.now() - begun).to.be.below(1_000)
  })

  timed('lets others run while it spins', async () => {
    // A stall of a millisecond can swallow a wait of one: it is enough that one of many lets others in.
    let turns = 0
    for (let i = 0; i < 50 && turns < 2; i++) turns = await turnsMeanwhile(1.2)
    expect(turns).to.be.above(1)
  })
})

async function turnsMeanwhile(waitMs: number): Promise<number> {
  let turns = 0
  const dueMs = performance.now() + waitMs
  const timer = setImmediate(function again() {
    turns++
    if (performance.now() < dueMs) setImmediate(again)
  })
  await waitUntil(dueMs, never)
  clearImmediate(timer)
  return turns
}
