import { expect } from 'chai'
import * as v from 'valibot'
import { flagsFrom } from '../../../src/lib/cli/option-flags.js'
import { repeatable, type ValueType } from '../../../src/lib/options/option.js'
import {
  alike,
  defaultsOf,
  fieldsOf,
  fieldsWithDefaults,
  flagNamer,
  flagsFor,
  givenBy,
  over,
  settingsOf,
  settledBy,
} from '../../../src/lib/options/set.js'
import {
  choice,
  decimal,
  duration,
  integer,
  path,
  text,
  texts,
  toggle,
  wallTime,
} from '../../../src/lib/options/types.js'

const pair: ValueType<readonly [string, number]> = {
  schema: v.tuple([v.string(), v.number()]),
  read: (typed) => [typed.split(':')[0], Number(typed.split(':')[1])],
  write: ([name, share]) => `${name}:${share}`,
}

const set = {
  ...alike(
    { group: 'SERVER', env: 'shared' },
    {
      maxLen: integer({ min: 1, char: 'm', summary: 'Take N.', setting: 'toy.max_len' }),
      mode: choice(['slow', 'fast'], { summary: 'Go so.', default: 'slow', env: 'own' }),
    },
  ),
  image: path({ summary: 'Run this.', helpValue: 'FILE', setting: 'toy.image', env: null }),
  words: texts({ flag: 'word', summary: 'Pass it on.' }),
  faults: repeatable(pair, { flag: 'fault', summary: 'Fail.', needs: ['open'] }),
  open: toggle({ summary: 'Open it.' }),
  share: decimal({ summary: 'So much.', default: 0.5, formerFlags: ['part'] }),
  timeouts: { firstMs: duration({ flag: 'first-timeout', summary: 'Wait.', default: 90_000 }) },
  limitMs: wallTime({ flag: 'time', summary: 'At most. Default: an hour.' }),
  site: text({ flag: null, summary: 'Said by a setting alone', setting: 'toy.site' }),
}
const FLAGS = {
  'max-len': 4,
  mode: 'fast',
  word: ['a', '--b=c'],
  fault: ['x:0.5'],
  open: true,
  share: '0.25',
  'first-timeout': '250ms',
  time: '90',
}
const GIVEN = {
  ...{ maxLen: 4, mode: 'fast', words: ['a', '--b=c'], faults: [['x', 0.5]], open: true },
  ...{ share: 0.25, timeouts: { firstMs: 250 }, limitMs: 90 * 60_000 },
}

describe('a set of options', () => {
  it('reads what flags gave, and only that', () => {
    expect(givenBy(set, FLAGS)).to.deep.equal(GIVEN)
    expect(givenBy(set, { open: false })).to.deep.equal({})
  })

  it('gives the flags that give the same again', () => {
    expect(flagsFor(set, givenBy(set, FLAGS))).to.deep.equal([
      ...['--max-len', '4', '--mode', 'fast', '--word', 'a', '--word=--b=c', '--fault', 'x:0.5'],
      ...['--open', '--share', '0.25', '--first-timeout', '250ms', '--time', '90m'],
    ])
    expect(flagsFor(set, defaultsOf(set))).to.deep.equal([])
  })

  it('is a schema: strict for a plan, with defaults for a start', () => {
    const plan = v.object(fieldsOf(set))
    expect(v.safeParse(plan, {}).success).to.equal(false)
    expect(v.parse(plan, defaultsOf(set))).to.deep.equal(defaultsOf(set))
    const start = v.parse(v.object(fieldsWithDefaults(set)), { mode: 'fast' })
    expect(start).to.deep.include({ mode: 'fast', maxLen: null, words: [], open: false })
    for (const wrong of [{ mode: 'odd' }, { maxLen: 0 }, { timeouts: { firstMs: '90s' } }])
      expect(v.safeParse(v.object(fieldsWithDefaults(set)), wrong).success).to.equal(false)
  })

  it('says the least of a duration as it is typed', () => {
    const some = { stepMs: duration({ summary: 'Step.', min: 100 }) }
    expect(() => givenBy(some, { step: '50ms' })).to.throw(
      '--step must be at least 100ms, not "50ms"',
    )
    expect(givenBy(some, { step: '100ms' })).to.deep.equal({ stepMs: 100 })
  })

  it('lays what was given over a plan, into the objects within', () => {
    const base = defaultsOf({
      ...set,
      timeouts: { ...set.timeouts, lastMs: duration({ summary: 'Wait.' }) },
    })
    const { timeouts, share, mode } = over(base, {
      share: 0.1,
      timeouts: { firstMs: 1 },
      mode: undefined,
    })
    expect({ timeouts, share, mode }).to.deep.equal({
      ...{ timeouts: { firstMs: 1, lastMs: null }, share: 0.1, mode: 'slow' },
    })
  })

  it('reads settings, and names the one that is wrong with the way out', () => {
    const settings = (all: Record<string, string>) => ({ get: (name: string) => all[name] })
    expect(settledBy(set, settings({ 'toy.max_len': '7' }))).to.deep.equal({ maxLen: 7 })
    expect(() => settledBy(set, settings({ 'toy.max_len': 'x' })))
      .to.throw(/^The setting toy\.max_len must be a whole number, not "x"/)
      .with.property('hints')
      .that.deep.equals(['aibench config unset toy.max_len'])
    expect(settingsOf(set).map(({ name, meaning }) => [name, meaning])).to.deep.equal([
      ['toy.max_len', 'Take N (--max-len)'],
      ['toy.image', 'Run this (--image)'],
      ['toy.site', 'Said by a setting alone'],
    ])
  })

  it('knows what its fields are called on the command line', () => {
    const nameOf = flagNamer(set)
    expect(['timeouts.firstMs', 'words.1', 'else'].map(nameOf)).to.deep.equal([
      ...['--first-timeout', '--word', 'else'],
    ])
  })

  for (const [flags, message] of [
    [{ mode: 'odd' }, '--mode must be slow or fast, not "odd"'],
    [{ share: 'x' }, '--share must be a number, not "x"'],
    [{ share: '' }, '--share must be a number, not ""'],
    [{ 'first-timeout': 'soon' }, '--first-timeout must be a duration such as'],
    [{ time: '0' }, '--time must be a wall time such as 2h'],
    [{ 'max-len': 0 }, '--max-len must be at least 1, not 0'],
  ] as const)
    it(`refuses ${JSON.stringify(flags)}`, () =>
      expect(() => givenBy(set, flags)).to.throw(message))
})

describe('the flags of a set', () => {
  const flags = flagsFrom(set, 'toy-box')

  it('have the words, the default in them', () => {
    expect(Object.keys(flags)).to.deep.equal([...Object.keys(FLAGS).toSpliced(2, 0, 'image')])
    expect(flags['max-len']).to.include({ char: 'm', helpGroup: 'SERVER', min: 1 })
    expect(flags.mode.summary).to.equal('Go so. Default slow.')
    expect(flags['first-timeout'].summary).to.equal('Wait. Default 90s.')
    expect(flags.time.summary).to.equal('At most. Default: an hour.')
    expect(flags.share.aliases).to.deep.equal(['part'])
    expect(flags.fault).to.deep.include({ multiple: true, dependsOn: ['open'] })
  })

  it('have variables of their service, shared ones, or none', () => {
    const variables = ['max-len', 'mode', 'image', 'open'].map((name) => flags[name].env)
    expect(variables).to.deep.equal([
      ...['AIBENCH_MAX_LEN', 'AIBENCH_TOY_BOX_MODE', undefined, 'AIBENCH_TOY_BOX_OPEN'],
    ])
  })

  it('have no default of the parser’s: what was given stays known', () => {
    for (const flag of Object.values(flags)) expect(flag.default).to.equal(undefined)
  })
})
