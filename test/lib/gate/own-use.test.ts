import { expect } from 'chai'
import { gateUse } from '../../../src/lib/instrument/measure/gate-meter.js'
import { GATE_USE_PATH, type GateUse } from '../../../src/lib/platform/gate-use.js'
import { BEARER, openTestGate, startTarget } from '../../support/gate.js'
import { benchInference } from '../../support/inference-bench.js'
import { plainServer } from '../../support/plain-server.js'

describe('what the gate uses', () => {
  it('it tells itself to whoever has the token, and to nobody else; the target hears nothing of it', async () => {
    const asked: (string | undefined)[] = []
    await using target = await startTarget(({ url }, answer) => {
      asked.push(url)
      answer.end()
    })
    await using gate = await openTestGate(target.url)
    const url = new URL(GATE_USE_PATH, gate.url)
    expect((await fetch(url)).status).to.equal(401)
    const look = async () => (await (await fetch(url, { headers: BEARER })).json()) as GateUse
    const before = await look()
    // The gate of this test is this very process.
    for (const end = process.cpuUsage().user + 30_000; process.cpuUsage().user < end;);
    const used = gateUse(before, await look())!
    expect(used.cpuSeconds).to.be.at.least(0.03)
    expect(used.upSeconds).to.be.above(0)
    expect(asked).to.deep.equal([])
    await fetch(new URL(`${GATE_USE_PATH}?x`, gate.url), { headers: BEARER })
    await fetch(url, { method: 'POST', headers: BEARER })
    expect(asked).to.deep.equal([`${GATE_USE_PATH}?x`, GATE_USE_PATH])
  })

  it('is unknown when an answer is missing or the gate is another one', () => {
    expect(gateUse(null, { cpuSeconds: 1, upSeconds: 2 })).to.equal(null)
    expect(gateUse({ cpuSeconds: 1, upSeconds: 2 }, null)).to.equal(null)
    expect(gateUse({ cpuSeconds: 9, upSeconds: 9 }, { cpuSeconds: 1, upSeconds: 2 })).to.equal(null)
  })

  it('is in the result of a benchmark that went through it, measured', async () => {
    await using server = await plainServer()
    await using gate = await openTestGate(new URL(server.url))
    const order = { path: 'gate' as const, tokenFile: gate.tokenFile }
    const { result } = await benchInference(gate.url.origin, {}, { order })
    expect(result.requests).to.include({ issued: 20, ok: 20 })
    expect(result.gateCores).to.be.above(0)
    const words = result.warnings.join()
    expect(words).to.match(/through the token gate: it used \d+ % of the one core/)
    expect(words).not.to.include('estimated')
  })

  it('is an estimate where the gate does not tell', async () => {
    await using server = await plainServer()
    const { result } = await benchInference(server.url, {}, { order: { path: 'gate' } })
    expect(result.gateCores).to.equal(null)
    expect(result.warnings.join()).to.include('(estimated: 34 µs an event)')
  })
})
