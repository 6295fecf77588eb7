import { expect } from 'chai'
import type { GpuSample } from '../../../../src/lib/instrument/measure/gpu-watch.js'
import type { RoleUsage } from '../../../../src/lib/instrument/measure/meters.js'
import {
  gateCoresOf,
  gateWarnings,
  serverUse as serverUseOf,
} from '../../../../src/lib/instrument/inference/server-use.js'
import type { ServerUsage } from '../../../../src/lib/instrument/load/workers-usage.js'
import { inferenceResult } from '../../../support/inference-result.js'

const role = (name: RoleUsage['role'], cpuSeconds: number, busiest = cpuSeconds, count = 1) => ({
  ...{ role: name, count, cpuSeconds, busiestCpuSeconds: busiest },
})
const gpu = (index: number, percent: number | null, powerW: number | null = 300): GpuSample => ({
  ...{ index: String(index), uuid: `GPU-${index}`, memoryMiB: 1000 * (index + 1), powerW },
  busyShare: percent === null ? null : percent / 100,
})
const WORK = { durationMs: 20_000, outputTokensPerSecond: 1300 }
const serverUse = (usages: readonly ServerUsage[]) => serverUseOf(usages, WORK)
const pass = (seconds: number, change: Partial<ServerUsage> = {}): ServerUsage => ({
  ...{ wallMs: seconds * 1000, roles: null, gpus: [], gate: null },
  ...change,
})

describe('what a server used while it was measured', () => {
  it('is CPU seconds of each role over all passes ÷ their length', () => {
    const { processes } = serverUse([
      pass(10, { roles: [role('engine', 8), role('api', 6, 4, 2)] }),
      pass(30, { roles: [role('api', 30, 20, 2), role('engine', 12), role('other', 0.4)] }),
    ])
    expect(processes).to.deep.equal([
      { role: 'api', count: 2, cores: 0.9, busiestCores: 0.6 },
      { role: 'engine', count: 1, cores: 0.5, busiestCores: 0.5 },
      { role: 'other', count: 1, cores: 0.01, busiestCores: 0.01 },
    ])
  })

  it('is unknown where nothing is seen, or none of it is vLLM', () => {
    const unknown = { processes: null, gpus: null, isFrontEndFull: false }
    expect(serverUse([])).to.deep.equal(unknown)
    expect(serverUse([pass(10), pass(10, { roles: [role('other', 9)] })])).to.deep.equal(unknown)
  })

  it('is of GPUs the mean and the largest: busy over them, memory and power of all together', () => {
    const looks = [gpu(0, 50), gpu(1, 75), gpu(0, 25, 320), gpu(1, 100, 380), gpu(0, 50, 700)]
    const { gpus } = serverUse([pass(2, { gpus: looks })])
    expect(gpus).to.deep.include({
      looks: 2,
      busyShare: { mean: 0.6, max: 1 },
      memoryMiB: { mean: 3000, max: 3000 },
      powerW: { mean: 650, max: 700 },
    })
    expect(gpus).to.deep.include({
      energyJ: 650 * 20,
      tokensPerJoule: 2,
      tokensPerGpuHour: (1300 * 3600) / 2,
    })
    expect(gpus!.each.map(({ uuid, busyShare }) => [uuid, busyShare])).to.deep.equal([
      ['GPU-0', { mean: 1.25 / 3, max: 0.5 }],
      ['GPU-1', { mean: 0.875, max: 1 }],
    ])
    const dark = serverUse([pass(2, { gpus: [gpu(0, null, null)] })]).gpus
    expect(dark).to.deep.include({ busyShare: null, powerW: null, energyJ: null })
    expect(dark).to.include({ tokensPerJoule: null, tokensPerGpuHour: 1300 * 3600 })
  })

  describe('shows a front end that is full', () => {
    const engine = role('engine', 5)
    const isFull = (roles: RoleUsage[], ...gpus: GpuSample[]) =>
      serverUse([pass(10, { roles, gpus })]).isFrontEndFull

    it('when one of its processes has no core left while GPUs have room or are unknown', () => {
      expect(isFull([role('api', 8.5), engine], gpu(0, 41))).to.equal(true)
      expect(isFull([role('api', 9.4), engine])).to.equal(true)
      expect(isFull([role('api', 9.4), engine], gpu(0, null))).to.equal(true)
      expect(isFull([role('api', 20, 8.6, 4), engine])).to.equal(true)
    })

    it('not when it has room, the GPUs have none, or the engine shares its process', () => {
      expect(isFull([role('api', 8.4), engine], gpu(0, 41))).to.equal(false)
      expect(isFull([role('api', 20, 7, 4), engine], gpu(0, 41))).to.equal(false)
      expect(isFull([role('api', 9.4), engine], gpu(0, 70))).to.equal(false)
      expect(isFull([role('api', 9.4)], gpu(0, 41))).to.equal(false)
    })
  })
})

describe('what the gate used', () => {
  const gate = (cpuSeconds: number, upSeconds: number) =>
    pass(1, { gate: { cpuSeconds, upSeconds } })

  it('is by its own word, over all passes', () => {
    expect(gateCoresOf([gate(4, 10), gate(1, 10)])).to.equal(0.25)
    expect(gateCoresOf([gate(4, 10), pass(1)])).to.equal(null)
    expect(gateCoresOf([])).to.equal(null)
  })

  it('is said where it was in the way, and called an estimate where it is one', () => {
    const result = { ...inferenceResult(), path: 'gate' as const }
    const rest = 'of the one core that it has'
    expect(gateWarnings({ ...result, gateCores: 0.254 })).to.deep.equal([
      `measured through the token gate: it used 25 % ${rest}, and adds about 0.1 ms to a request`,
    ])
    expect(gateWarnings({ ...result, gateCores: null })[0]).to.include(
      `it used about 2 % ${rest} (estimated: 34 µs an event)`,
    )
    expect(gateWarnings({ ...result, path: 'loopback', gateCores: null })).to.deep.equal([])
  })
})
