import { expect } from 'chai'
import fc from 'fast-check'
import { chooseStyle, plainStyle } from '../../../src/lib/report/style.js'
import { cut, renderTable, type Column } from '../../../src/lib/report/table.js'

interface Row {
  name: string
  load: string
  note: string
}
const columns: Column<Row>[] = [
  { title: 'NAME', text: ({ name }) => name, importance: 10 },
  { title: 'LOAD', text: ({ load }) => load, align: 'right', importance: 2 },
  { title: 'NOTE', text: ({ note }) => note },
]

describe('a table', () => {
  it('aligns, and needs no boxes', () => {
    const rows = [
      { name: 'a', load: '1.5', note: 'first' },
      { name: 'long name', load: '12.5', note: '' },
    ]
    expect(renderTable(columns, rows, plainStyle)).to.deep.equal([
      'NAME       LOAD  NOTE',
      'a           1.5  first',
      'long name  12.5',
    ])
  })

  it('leaves out what is empty everywhere', () => {
    const rows = [{ name: 'a', load: '', note: 'n' }]
    expect(renderTable(columns, rows, plainStyle)[0]).to.equal('NAME  NOTE')
  })

  it('leaves out a column that does not fit, and not a thinner one that does', () => {
    const wide: Column<string>[] = [
      { title: 'A', text: (row) => row, importance: 9 },
      { title: 'WIDE', text: () => 'w'.repeat(30), importance: 5, isWhole: true },
      { title: 'B', text: () => 'b', importance: 1 },
    ]
    const at = (width: number) => renderTable(wide, ['a'], { ...plainStyle, columns: width })[1]
    expect(at(20)).to.equal('a  b')
    expect(at(33)).to.equal(`a  ${'w'.repeat(30)}`)
    expect(at(36)).to.equal(`a  ${'w'.repeat(30)}  b`)
  })

  it('cuts between parts where there are some', () => {
    expect(cut('339 tok/s · TTFT p99 24.0 ms', 20)).to.equal('339 tok/s')
    expect(cut('339 tok/s · TTFT', 16)).to.equal('339 tok/s · TTFT')
    expect(cut('one part alone', 8)).to.equal('one par…')
  })

  it('never is wider than the terminal, and keeps what matters most', () => {
    const text = fc.string({ minLength: 1, maxLength: 60, unit: 'grapheme-ascii' })
    const row = fc.record({
      name: fc.string({ minLength: 1, maxLength: 20 }),
      load: text,
      note: text,
    })
    fc.assert(
      fc.property(
        fc.array(row, { minLength: 1, maxLength: 8 }),
        fc.integer({ min: 46, max: 200 }),
        (rows, width) => {
          const lines = renderTable(columns, rows, { ...plainStyle, columns: width })
          expect(Math.max(...lines.map((line) => [...line].length))).to.be.at.most(width)
          expect(lines[0]).to.include('NAME')
        },
      ),
    )
  })
})

describe('colour', () => {
  const choice = { isTty: true, noColorFlag: false, variables: {} }
  const hasColor = (more: object) => chooseStyle({ ...choice, ...more }).good('x') !== 'x'
  it('is for terminals, and as the user says', () => {
    expect(hasColor({})).to.equal(true)
    expect(hasColor({ isTty: false })).to.equal(false)
    expect(hasColor({ variables: { TERM: 'dumb' } })).to.equal(false)
    expect(hasColor({ variables: { NO_COLOR: '1', FORCE_COLOR: '1' } })).to.equal(false)
    expect(hasColor({ isTty: false, variables: { FORCE_COLOR: '1' } })).to.equal(true)
    expect(hasColor({ noColorFlag: true })).to.equal(false)
  })
})
