import { expect } from 'chai'
import fc from 'fast-check'
import { judge } from '../../../../../src/lib/instrument/filesystem/judge/judge.js'
import { assemble } from '../../../../../src/lib/instrument/filesystem/read/assemble.js'
import { contentsOf } from '../../../../../src/lib/instrument/filesystem/read/contents.js'
import { filesOf, textOf } from '../../../../support/io500-samples.js'

const VALID = ['valid-300s', 'valid-scc-30s']
const INVALID = [
  'invalid-short-stonewall',
  'validity-gap-stonewall31',
  'dry-run',
  'files-per-dir',
  'killed-sigterm',
  'phases-off',
  'two-singletons-wrong-pmi',
  'version-io500-isc24',
]

/** The two that decide, as they lie in the result directory. */
const filesIn = (name: string) =>
  filesOf(name)
    .filter((file) => /\/(?:result\.txt|config\.ini)$/.test(file))
    .map((file) => ({ file, text: textOf(`${name}/${file}`) }))

const isValid = (files: readonly { file: string; text: string }[]) =>
  assemble(files.map(({ file, text }) => contentsOf(text, file))).some(
    (found) => found.kind === 'io500' && judge(found.run).valid,
  )

const place = fc.noBias(fc.integer({ min: 0, max: 99_999 })).map((n) => n / 100_000)
const damage = fc.record({
  at: place,
  length: fc.nat(40),
  text: fc.oneof(
    fc.string({ unit: 'binary', maxLength: 12 }),
    fc.constantFrom('', '\n', ' ', '0', '[INVALID]', '='),
  ),
})
const damagedAt = (
  text: string,
  { at, length, text: more }: { at: number; length: number; text: string },
) => {
  const start = Math.floor(at * text.length)
  return text.slice(0, start) + more + text.slice(start + length)
}

describe('a result that is cut, glued or garbled', () => {
  it('does not become valid', () => {
    fc.assert(
      fc.property(fc.constantFrom(...INVALID), fc.nat(1), damage, (name, which, harm) => {
        const files = filesIn(name)
        const harmed = files.map(({ file, text }, i) => ({
          file,
          text: i === which % files.length ? damagedAt(text, harm) : text,
        }))
        expect(isValid(harmed), name).to.equal(false)
      }),
      { numRuns: 300 },
    )
  })

  it('is not valid without its end', () => {
    fc.assert(
      fc.property(fc.constantFrom(...VALID), place, (name, at) => {
        const files = filesIn(name)
        const cut = files.map(({ file, text }) => ({
          file,
          text: file.endsWith('result.txt') ? text.slice(0, at * text.indexOf('SCORE  ')) : text,
        }))
        expect(isValid(files), name).to.equal(true)
        expect(isValid(cut), name).to.equal(false)
      }),
      { numRuns: 100 },
    )
  })

  it('is not valid with another figure in it', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...VALID),
        fc.nat(11),
        fc.integer({ min: 1, max: 9 }),
        (name, which, by) => {
          let seen = -1
          const files = filesIn(name).map(({ file, text }) => ({
            file,
            text: text.replace(/^score {11}= \d+\.\d{5}\d/gm, (line) => {
              seen++
              if (seen !== which) return line
              return line.slice(0, -1) + ((Number(line.at(-1)) + by) % 10)
            }),
          }))
          expect(seen).to.be.at.least(which)
          expect(isValid(files), name).to.equal(false)
        },
      ),
      { numRuns: 60 },
    )
  })

  it('is no more valid when two of them are one file', () => {
    for (const one of INVALID)
      for (const other of INVALID) {
        const texts = [one, other].map(
          (name) => filesIn(name).find(({ file }) => file.endsWith('result.txt'))!.text,
        )
        expect(isValid([{ file: 'result.txt', text: texts.join('') }]), `${one} ${other}`).to.equal(
          false,
        )
      }
  })
})
