import { expect } from 'chai'
import fc from 'fast-check'
import {
  iniText,
  parseIni,
  withValues,
} from '../../../../../src/lib/instrument/filesystem/ini/ini.js'

const problemsOf = (text: string) =>
  parseIni(text).problems.map(({ line, code, severity }) => `${line} ${code} ${severity}`)

describe('an ini file', () => {
  it('is read as io500 reads it', () => {
    const { config, options } = parseIni(
      [
        '# mine',
        '[Global]',
        'datadir = /scratch/my dir  # there',
        'API = ',
        '  drop-caches-cmd=sudo -n x ; never said',
        '[ ior-easy ] ; easy',
        'TransferSize\t=\t2m',
      ].join('\r\n'),
    )
    expect(config.get('global')).to.deep.equal(
      new Map([
        ['datadir', '/scratch/my dir'],
        ['drop-caches-cmd', 'sudo -n x'],
      ]),
    )
    expect(config.get('ior-easy')).to.deep.equal(new Map([['transfersize', '2m']]))
    expect(options[2]).to.deep.equal({
      section: 'ior-easy',
      name: 'TransferSize',
      value: '2m',
      line: 7,
      comment: null,
    })
  })

  for (const { title, text, problems } of [
    { title: 'empty', text: '', problems: ['0 empty-file error'] },
    { title: 'of a line end alone', text: '\n', problems: [] },
    { title: 'only comments', text: '\n# a\n ; b\n\n', problems: [] },
    { title: 'no line of an ini', text: '[global]\nwhat', problems: ['2 bad-line error'] },
    { title: 'a broken heading', text: '[global\n', problems: ['1 bad-section-line error'] },
    {
      title: 'a comment that touches a heading',
      text: '[a]#b',
      problems: ['1 bad-section-line error'],
    },
    { title: 'an option before any section', text: 'n = 1', problems: ['1 no-section error'] },
    { title: 'an option without a value there', text: 'n =', problems: [] },
    { title: 'a mark in a value', text: '[a]\nx = /p/a#b', problems: ['2 mark-in-value error'] },
    { title: 'a mark right after =', text: '[a]\nx =#b', problems: ['2 mark-in-value error'] },
    { title: 'a comment instead of a value', text: '[a]\nx = #b', problems: [] },
    { title: 'a byte-order mark', text: '\uFEFF[a]\nx = 1', problems: ['1 byte-order-mark error'] },
    { title: 'a zero byte', text: '[a]\nx = 1\0', problems: ['2 not-text error'] },
    { title: 'an option twice', text: '[a]\nx = 1\n[A]\nX = 2', problems: ['4 repeated doubt'] },
    { title: 'a blank that is none', text: '[a]\nx\u00a0= 1', problems: ['2 bad-line error'] },
  ])
    it(`says where it is ${title}`, () => expect(problemsOf(text)).to.deep.equal(problems))

  it('keeps comments, order and writing when a value changes', () => {
    const text = '# top\n[Global]\nDataDir = /a # mine\nx = 1\n\n# easy\n[ior-easy]\nrun = TRUE\n'
    const changed = withValues(parseIni(text), [
      { section: 'global', name: 'datadir', value: '/b' },
      { section: 'global', name: 'resultdir', value: '/r', comment: ['set by us'] },
      { section: 'find', name: 'nproc', value: '4' },
    ])
    expect(iniText(changed)).to.equal(
      '# top\n[Global]\nDataDir = /b # mine\nx = 1\n# set by us\nresultdir = /r\n\n# easy\n[ior-easy]\nrun = TRUE\n' +
        '\n[find]\nnproc = 4\n',
    )
  })

  it('leaves one of several when that is changed', () => {
    const changed = withValues(parseIni('[a]\nx = 1\nx = 2'), [
      { section: 'A', name: 'X', value: '3' },
    ])
    expect(iniText(changed)).to.equal('[a]\nx = 3')
  })

  it('comes back as it was, whatever it holds', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => {
        const plain = text.replaceAll(/[\r\0\uFEFF]/g, '')
        expect(iniText(parseIni(plain))).to.equal(plain)
        parseIni(text)
      }),
    )
  })

  it('holds what was set, and nothing else is changed by it', () => {
    const word = fc.stringMatching(/^[a-z][a-z0-9-]{0,5}$/)
    const value = fc.stringMatching(/^[a-zA-Z0-9/][a-zA-Z0-9 ./=-]{0,10}$/).map((one) => one.trim())
    const file = fc.dictionary(word, fc.dictionary(word, value))
    fc.assert(
      fc.property(file, word, word, value, (sections, section, name, wanted) => {
        const text = Object.entries(sections)
          .map(([heading, options]) =>
            [
              `[${heading}]`,
              ...Object.entries(options).map(([key, one]) => `${key} = ${one}`),
            ].join('\n'),
          )
          .join('\n\n')
        const before = parseIni(text)
        const after = withValues(before, [{ section, name, value: wanted }])
        expect(after.config.get(section)?.get(name)).to.equal(wanted)
        expect(after.problems).to.deep.equal([])
        for (const [heading, options] of before.config)
          for (const [key, one] of options)
            if (heading !== section || key !== name)
              expect(after.config.get(heading)?.get(key)).to.equal(one)
      }),
    )
  })
})
