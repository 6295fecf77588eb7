import { expect } from 'chai'
import fc from 'fast-check'
import {
  figures,
  inferenceTable,
  type InferenceTable,
  type RequestRow,
} from '../../../../src/lib/instrument/inference/request-table.js'
import { goodputOf, parseGoodput } from '../../../../src/lib/instrument/inference/goodput.js'
import type { InferenceOutcome } from '../../../../src/lib/instrument/inference/tally.js'
import type { SerializedTable } from '../../../../src/lib/instrument/load/request-table.js'

const ROW: RequestRow = {
  ...{ index: 0, dueMs: 90, readyMs: 90, sentMs: 100, firstMs: 150, answerMs: 170 },
  ...{ firstTokenMs: 150, lastMs: 350, endMs: 360, inputTokens: 9, outputTokens: 21 },
  ...{ tokensAtFirst: 1, events: 21, isEstimated: 0, isCutShort: 0, isFirstUse: 0 },
  ...{ validity: 0, errorClass: -1, isSteady: 0 },
}
const tableOf = (rows: readonly Partial<RequestRow>[]) => {
  const table = inferenceTable(2)
  for (const row of rows) table.add({ ...ROW, ...row })
  return table
}

describe('a table of requests', () => {
  it('gives the figures of a row', () => {
    const of = figures(tableOf([{}]))
    const found = Object.fromEntries(Object.entries(of).map(([name, figure]) => [name, figure(0)]))
    expect(found).to.deep.equal({
      ...{ ttft: 50, ttfo: 70, e2e: 250, ttftFromSchedule: 60, e2eFromSchedule: 260 },
      tpot: 10,
    })
  })

  it('TPOT leaves out all tokens of the first event, and is none for one token', () => {
    const of = figures(tableOf([{ tokensAtFirst: 5, outputTokens: 25 }, { outputTokens: 1 }]))
    expect(of.tpot(0)).to.equal(10)
    expect(of.tpot(1)).to.be.NaN
  })

  it('time in which too many were in flight is no lag', () => {
    const table = tableOf([{ readyMs: 99 }, { sentMs: 85 }])
    expect([table.lagMs(0), table.lagMs(1)]).to.deep.equal([1, 0])
  })

  it('merged with another, by way of a file, has the rows of both and one list of classes', () => {
    const classes = fc.array(fc.constantFrom('reset', 'refused', 'http_500', ''), { maxLength: 40 })
    const build = (names: readonly string[]) => {
      const table = inferenceTable(1)
      names.forEach((name, index) =>
        table.add({
          ...ROW,
          ...{ index, dueMs: index % 2 ? NaN : index / 3 },
          errorClass: name === '' ? -1 : table.classOf(name, `first ${name}`),
        }),
      )
      return table
    }
    const read = (table: InferenceTable) =>
      Array.from({ length: table.count }, (_, row) => [
        ...[table.get(row, 'index'), table.get(row, 'dueMs'), table.get(row, 'lastMs')],
        table.isOk(row) ? '' : table.classes[table.get(row, 'errorClass')],
      ])
    fc.assert(
      fc.property(classes, classes, (some, others) => {
        const [table, other] = [build(some), build(others)]
        const expected = [...read(table), ...read(other)]
        const text = JSON.stringify(other)
        table.merge(JSON.parse(text) as SerializedTable)
        expect(read(table)).to.deep.equal(expected)
        expect(new Set(table.classes).size).to.equal(table.classes.length)
        expect(table.examples).to.deep.equal(table.classes.map((name) => `first ${name}`))
      }),
    )
  })
})

describe('goodput', () => {
  const outcome = (rows: readonly Partial<RequestRow>[], dropped = 0) =>
    ({ table: tableOf(rows), wallMs: 2_000, dropped }) as unknown as InferenceOutcome

  for (const { title, text, rows, dropped, good, share } of [
    { title: 'all limits at once', text: 'ttft<51ms,tpot<11ms', rows: [{}], good: 1, share: 1 },
    { title: 'one that misses', text: 'ttft<51ms,tpot<10ms', rows: [{}], good: 0, share: 0 },
    { title: 'seconds', text: 'e2e<=0.25s', rows: [{}], good: 1, share: 1 },
    {
      title: 'a failure is issued and never good',
      text: 'ttft<1s',
      rows: [{}, { errorClass: 0 }],
      good: 1,
      share: 0.5,
    },
    {
      title: 'what was not sent is issued',
      text: 'ttft<1s',
      rows: [{}],
      dropped: 3,
      good: 1,
      share: 0.25,
    },
    {
      title: 'one token has no TPOT and is judged by the rest',
      text: 'ttft<51ms,tpot<1ms',
      rows: [{ outputTokens: 1 }],
      good: 1,
      share: 1,
    },
    { title: 'no TTFT is not good', text: 'ttft<1s', rows: [{ firstMs: NaN }], good: 0, share: 0 },
  ])
    it(title, () => {
      const found = goodputOf(text, [outcome(rows, dropped)])
      expect(found).to.include({ good, shareOfIssued: share, perSecond: good / 2 })
    })

  for (const text of ['', ',', 'itl<5ms', 'ttft', 'ttft<', 'ttft<5ms;tpot<3ms', 'ttft_p99<5ms'])
    it(`can't be ${JSON.stringify(text)}`, () => {
      expect(() => parseGoodput(text))
        .to.throw()
        .with.property('exitCode', 2)
    })
})
