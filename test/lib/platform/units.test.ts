import { expect } from 'chai'
import fc from 'fast-check'
import {
  formatBytes,
  formatCount,
  formatDuration,
  formatLatency,
  formatNumber,
  formatSlurmTime,
  parseDurationMs,
  parseSlurmTimeMs,
  parseWallTimeMs,
} from '../../../src/lib/platform/units.js'

describe('units', () => {
  for (const [text, ms] of [
    ['90', 90_000],
    ['90s', 90_000],
    ['1h30m', 5_400_000],
    ['250ms', 250],
    ['1.5h', 5_400_000],
    ['02:00:00', 7_200_000],
    ['2-00', 172_800_000],
    ['10:30', 630_000],
    ['soon', undefined],
    ['', undefined],
    ['-5m', undefined],
    ['UNLIMITED', undefined],
  ] as const)
    it(`reads the duration "${text}"`, () => expect(parseDurationMs(text)).to.equal(ms))

  for (const [text, ms] of [
    ['120', 7_200_000],
    ['120s', 120_000],
    ['2h', 7_200_000],
    ['10:30', 630_000],
    ['1.5', undefined],
    ['soon', undefined],
  ] as const)
    it(`reads the wall time "${text}" as sbatch would`, () =>
      expect(parseWallTimeMs(text)).to.equal(ms))

  it('reads back every Slurm time that it writes', () => {
    fc.assert(
      fc.property(fc.integer({ min: 3_600, max: 10_000_000 }), (seconds) => {
        expect(parseSlurmTimeMs(formatSlurmTime(seconds * 1000))).to.equal(seconds * 1000)
      }),
    )
  })

  for (const [value, text] of [
    [0.6123, '0.612'],
    [5.5, '5.50'],
    [1512.0339, '1 510'],
    [9999, '10 000'],
    [99.96, '100.0'],
    [0, '0'],
    [NaN, '–'],
    [0.0000123, '0.000012'],
  ] as const)
    it(`writes ${value} as "${text}"`, () => expect(formatNumber(value)).to.equal(text))

  it('writes counts, latencies, bytes and durations for people', () => {
    expect(formatCount(10_000)).to.equal('10 000')
    expect(formatLatency(18.52)).to.equal('18.5 ms')
    expect(formatLatency(12_340)).to.equal('12.3 s')
    expect(formatBytes(24_222_105)).to.equal('23.1 MiB')
    expect([310, 12_400, 130_000, 4_320_000, 273_600_000].map(formatDuration)).to.deep.equal([
      '0.3 s',
      '12 s',
      '2m10s',
      '1h12m',
      '3d4h',
    ])
  })
})
