import { expect } from 'chai'
import fc from 'fast-check'
import { assemble } from '../../../../../src/lib/instrument/filesystem/read/assemble.js'
import { contentsOf } from '../../../../../src/lib/instrument/filesystem/read/contents.js'
import type {
  Io500Run,
  ReadResult,
} from '../../../../../src/lib/instrument/filesystem/read/contract.js'
import { filesOf, textOf } from '../../../../support/io500-samples.js'

const RUN_FILES = [
  'valid-scc-30s',
  'invalid-short-stonewall',
  'killed-sigkill',
  'version-io500-isc26-extended',
  'two-singletons-wrong-pmi',
  'real-submissions/bash-2019',
  'real-submissions/c-app-isc20',
].flatMap((name) =>
  filesOf(name)
    .filter((file) => /(?:^|\/)(?:result|result_summary|stdout)\.txt$/.test(file))
    .map((file) => `${name}/${file}`),
)
const REPORT_FILES = [
  ...['json', 'stonewall-json', 'csv', 'script', 'plain'].map(
    (name) => `ior-standalone/${name}.stdout`,
  ),
  ...['plain', 'stonewall'].map((name) => `mdtest-standalone/${name}.stdout`),
]
/** Anywhere in a text, each place as likely as another. */
const place = fc.noBias(fc.integer({ min: 0, max: 99_999 })).map((n) => n / 100_000)
const texts = (files: readonly string[]) => fc.constantFrom(...files.map((file) => textOf(file)))

const readText = (...all: string[]): ReadResult[] =>
  assemble(all.map((text, index) => contentsOf(text, `${index}/some.txt`)))
const runsOf = (results: readonly ReadResult[]): Io500Run[] =>
  results.flatMap((result) => (result.kind === 'io500' ? [result.run] : []))
const valuesOf = (runs: readonly Io500Run[]): Map<string, number[]> => {
  const values = new Map<string, number[]>()
  for (const { phases } of runs)
    for (const { name, value } of phases)
      if (value !== null) values.set(name, [...(values.get(name) ?? []), value])
  return values
}
/** So many could have a value at the most. */
const linesWithValues = (text: string) =>
  text.match(/^score +=|\[(?:RESULT[^\]]*| {6})\] .* seconds/gm)?.length ?? 0
const sizeOf = (runs: readonly Io500Run[]) =>
  [...valuesOf(runs).values()].reduce((sum, { length }) => sum + length, 0)

const rubbish = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.constantFrom(
    ...[
      '\u001b[2J\u001b]0;owned\u0007',
      '\0'.repeat(50),
      '\r',
      '\r\n',
      '[',
      ']',
      '=',
      '-',
      '. ',
      '{',
      '"',
      ',',
      ';',
    ],
    ...[
      '[RESULT]',
      '[SCORE ]',
      '[run]\n',
      '[SCORE]\n',
      '; END 2026',
      '__proto__ = 1\n',
      '[constructor]\nscore = ',
    ],
    ...['nan', 'inf', '1e999', '-1', '9'.repeat(60), ' '.repeat(3000)],
  ),
)
/** Bytes put over others, lines taken out, doubled or moved: what a hand, a disk or a second writer does. */
const damages = fc.array(fc.record({ at: place, length: fc.nat(60), text: rubbish }), {
  maxLength: 12,
})
const damaged = (text: string, all: readonly { at: number; length: number; text: string }[]) =>
  all.reduce((now, { at, length, text: more }) => {
    const start = Math.floor(at * now.length)
    return now.slice(0, start) + more + now.slice(start + length)
  }, text)

describe('what is left of a result', () => {
  it('says nothing that the whole did not say, wherever it is cut', () => {
    fc.assert(
      fc.property(texts(RUN_FILES), place, (text, share) => {
        const whole = runsOf(readText(text))
        const left = runsOf(readText(text.slice(0, Math.floor(share * text.length))))
        const values = valuesOf(whole)
        for (const [name, some] of valuesOf(left))
          for (const value of some) expect(values.get(name), name).to.include(value)
        expect(sizeOf(left)).to.be.at.most(sizeOf(whole))
        for (const { score, phases } of left) {
          if (!score) continue
          const same = whole.find((run) => run.score?.total === score.total)
          expect(same, String(score.total)).to.not.equal(undefined)
          const isBad = score.isMarkedInvalid || phases.some((phase) => phase.isMarkedInvalid)
          expect(isBad).to.equal(
            same!.score!.isMarkedInvalid || same!.phases.some((phase) => phase.isMarkedInvalid),
          )
        }
      }),
      { numRuns: 400 },
    )
  })

  it('never has more values than lines that could hold one, however it is glued and garbled', () => {
    fc.assert(
      fc.property(
        fc.array(texts(RUN_FILES), { minLength: 1, maxLength: 3 }),
        damages,
        (all, how) => {
          const glued = damaged(all.join(''), how)
          const results = readText(glued)
          expect(sizeOf(runsOf(results))).to.be.at.most(linesWithValues(glued) + 2 * how.length)
          expect(() => JSON.stringify(results)).to.not.throw()
          for (const { phases, score } of runsOf(results)) {
            for (const { value, seconds } of phases)
              for (const number of [value, seconds])
                if (number !== null) expect(Number.isFinite(number)).to.equal(true)
            if (score) expect(Number.isFinite(score.total)).to.equal(true)
          }
        },
      ),
      { numRuns: 400 },
    )
  })

  it('has no measure of IOR or mdtest that is not in the whole', () => {
    const figures = (results: readonly ReadResult[]) =>
      results.flatMap((result) => {
        if (result.kind === 'ior')
          return result.report.results.map((one) => JSON.stringify({ ...one, iteration: 0 }))
        return result.kind === 'mdtest' ? result.report.rates.map((one) => JSON.stringify(one)) : []
      })
    fc.assert(
      fc.property(texts(REPORT_FILES), place, (text, share) => {
        const whole = figures(readText(text))
        const left = figures(readText(text.slice(0, Math.floor(share * text.length))))
        // Of the last of a cut JSON not all fields may be there.
        for (const one of text.startsWith('{') ? left.slice(0, -1) : left)
          expect(whole).to.include(one)
        expect(left.length).to.be.at.most(whole.length)
      }),
      { numRuns: 400 },
    )
    fc.assert(
      fc.property(texts(REPORT_FILES), damages, (text, how) => {
        expect(() => JSON.stringify(readText(damaged(text, how)))).to.not.throw()
      }),
      { numRuns: 400 },
    )
  })

  it('is nothing in what is no text of theirs', () => {
    fc.assert(
      fc.property(fc.array(rubbish, { maxLength: 50 }), (all) => {
        const runs = runsOf(readText(all.join('')))
        expect(runs.filter(({ score }) => score !== null)).to.deep.equal([])
      }),
      { numRuns: 200 },
    )
  })

  it('is read in a time that grows with its length, whatever a line repeats', () => {
    const blanks = ' '.repeat(16_000)
    for (const head of [
      ...[
        '',
        '{\n"Version": "4", "tests": [\n',
        '[run]\nversion = 1\n',
        '[run]\nversion = 1\n[SCORE]\n',
      ],
      ...['IO500 version a\n', 'IOR-4: MPI Coordinated Test of Parallel I/O\nOptions:\n'],
      ...['IOR-4: MPI Coordinated Test of Parallel I/O\nResults:\naccess a b\n'],
      ...[
        'mdtest-4 was launched with 2 total task(s) on 1 node(s)\nSUMMARY rate: (of 1 iterations)\n',
      ],
    ])
      for (const line of [
        ...[
          blanks,
          `api${blanks}`,
          `FS ${blanks}: ${blanks}`,
          `write ${blanks}1`,
          `SCORE = 1${blanks}x`,
        ],
        ...[
          `   File creation${blanks}`,
          `   File creation 1 1 1 1${blanks}x`,
          `SUMMARY rate${blanks}`,
        ],
        ...[`[RESULT] ${blanks}`, `[RESULT] BW phase ${blanks}`, '[      ] '.repeat(1_800)],
        ...['The result files are stored in the directory: '.repeat(300) + blanks + 'x'],
        ...[
          'a b c d '.repeat(1_900),
          'FATAL (src/'.repeat(1_000),
          'open('.repeat(3_000),
          '{'.repeat(9_000),
        ],
      ])
        expect(() => readText(head + `${line}\n`.repeat(20))).to.not.throw()
  })
})
