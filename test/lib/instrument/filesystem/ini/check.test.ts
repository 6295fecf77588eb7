import { expect } from 'chai'
import fc from 'fast-check'
import { readFileSync } from 'node:fs'
import { checkIni } from '../../../../../src/lib/instrument/filesystem/ini/check.js'
import { parseIni } from '../../../../../src/lib/instrument/filesystem/ini/ini.js'
import {
  schemaOf,
  type Release,
} from '../../../../../src/lib/instrument/filesystem/ini/releases.js'
import {
  iorBytes,
  iorSizeText,
  isWholeSize,
} from '../../../../../src/lib/instrument/filesystem/ini/sizes.js'
import type { IniFacts } from '../../../../../src/lib/instrument/filesystem/ini/values.js'

const sample = (name: string) =>
  readFileSync(new URL(`../../../../fixtures/filesystem/ini/${name}.ini`, import.meta.url), 'utf8')

const check = (text: string, release: Release = 'isc26+', facts?: IniFacts) =>
  checkIni(parseIni(text), schemaOf(release), facts).map(
    ({ line, severity, code, fix }) => `${line} ${severity} ${code}: ${fix}`,
  )

const SHORT = (line: number) =>
  `${line} invalid stonewall-time: stonewall-time = 300 for a result that is to count`
const POSIX_BUILD = { apis: ['POSIX', 'DUMMY', 'MPIIO', 'MMAP'] }

describe('the check of an ini file', () => {
  for (const { name, release, facts, problems } of [
    {
      name: 'bad-option',
      problems: ['5 error unknown-option: did you mean transferSize?'],
    },
    { name: 'bad-section', problems: ['6 error unknown-section: did you mean [ior-easy]?'] },
    { name: 'bad-value', problems: ['5 error no-integer: write a number such as n = 1000000'] },
    {
      name: 'bad-blocksize',
      problems: [SHORT(5), '8 error block-size: blockSize = 2m or 4m'],
    },
    {
      name: 'bad-api',
      facts: POSIX_BUILD,
      problems: [
        '4 error api-not-built-in: use one of POSIX, DUMMY, MPIIO, MMAP, or an io500 with DFS',
        SHORT(6),
      ],
    },
    {
      name: 'bad-api',
      problems: [
        '4 doubt api-perhaps-not-built-in: look with ior -h whether it is there',
        SHORT(6),
      ],
    },
    {
      name: 'ini-old-on-new',
      problems: [
        SHORT(5),
        '15 error unknown-section: take the section out, or use an io500 that has it',
      ],
    },
    { name: 'ini-old-on-new', release: 'isc26' as const, problems: [SHORT(5)] },
    {
      name: 'ini-new-on-old',
      release: 'isc24' as const,
      problems: [
        SHORT(5),
        '15 error unknown-section: take the section out, or use an io500 that has it',
      ],
    },
    {
      name: 'mpiio-collective',
      facts: POSIX_BUILD,
      problems: [
        '4 error api-without-mdtest: api = POSIX here, and API = MPIIO in [ior-easy] and [ior-hard]',
        SHORT(6),
      ],
    },
    { name: 'mpiio-ior-only', facts: POSIX_BUILD, problems: [SHORT(6)] },
    {
      name: 'posix-odirect',
      problems: [
        '4 error direct-io: api = POSIX here, and API = POSIX --posix.odirect in [ior-easy]',
        SHORT(6),
      ],
    },
    {
      name: 'files-per-dir',
      problems: [SHORT(5), '15 invalid files-per-dir: take it out for a result that is to count'],
    },
    {
      name: 'phases-off',
      problems: [
        SHORT(5),
        '16 invalid phase-off: run = TRUE for a result that is to count',
        '18 error phase-without-files: run = TRUE, or run = FALSE in [ior-hard], which stands for all of its phases',
      ],
    },
    {
      name: 'validity-gap-stonewall31',
      problems: ['6 invalid stonewall-time: stonewall-time = 30 for a result that is to count'],
    },
    { name: 'valid-300s', problems: [] },
    { name: 'valid-scc-30s', problems: [] },
  ])
    it(`tells of ${name} on ${release ?? 'the newest'}${facts ? ', as it was built,' : ''} before it runs`, () =>
      expect(check(sample(name), release, facts)).to.deep.equal(problems))

  it('says where a section or an option was known', () => {
    const [section] = checkIni(parseIni('[ior-rnd4K]\n'), schemaOf('isc26+'))
    expect(section.text).to.equal(
      'there is no section [ior-rnd4K] in io500 after isc26 (2026-07); sc21 to isc26 had it',
    )
    const [option] = checkIni(parseIni('[ior-easy]\nnoRun = 1\n'), schemaOf('isc26'))
    expect(option.text).to.equal(
      'there is no option "noRun" in [ior-easy] of io500-isc26; sc20 had it',
    )
  })

  it('sends an option of another section there', () =>
    expect(check('[ior-hard]\ntransferSize = 1m\n')).to.deep.equal([
      '2 error unknown-option: move it to [ior-easy]',
    ]))

  for (const [line, expected] of [
    ['[ior-easy]\nfilePerProc = yes', 'error no-boolean: filePerProc = TRUE'],
    ['[ior-easy]\nfilePerProc = 1', null],
    ['[ior-easy]\nfilePerProc = tRuE', null],
    ['[mdtest-easy]\nn = 1m', 'error unit-on-integer: n = 1000000'],
    ['[mdtest-easy]\nn = 1_000', 'error no-integer: write a number such as n = 1000000'],
    ['[mdtest-easy]\nn = -1', 'error no-integer: write a number such as n = 1000000'],
    ['[mdtest-easy]\nn = 10000000000', null],
    [
      '[ior-hard]\nsegmentCount = 10000000000',
      'error integer-too-large: segmentCount = 2147483647, or less',
    ],
    [
      '[mdworkbench]\nwaitingTime = 1,5',
      'error no-number: write a number such as waitingTime = 0.5',
    ],
    ['[ior-easy]\nblockSize = 32GiB', 'doubt odd-size: blockSize = 32g'],
    ['[ior-easy]\nblockSize = 1.5g', 'error odd-size: blockSize = 1536m'],
    ['[ior-easy]\nblockSize = lots', 'error no-size: write a size such as blockSize = 2m'],
    ['[ior-easy]\nblockSize = 0', 'error no-size: write a size such as blockSize = 2m'],
    ['[ior-easy]\ntransferSize = 12', 'error transfer-size: transferSize = 2m'],
    ['[ior-easy]\ntransferSize = 3m', 'error block-size: blockSize = 9919998m or 9920001m'],
    ['[ior-easy]\nAPI = POSIX --posix.odirect', null],
    ['[ior-easy]\nAPI = --posix.odirect', 'error api-without-name: API = POSIX --posix.odirect'],
    ['[ior-easy]\nAPI = POSX', 'error api-unknown: API = POSIX'],
    [
      '[mdtest-hard]\nAPI = POSIX --posix.odirect',
      'error direct-io: API = POSIX; O_DIRECT in [ior-easy] only',
    ],
    ['[mdtest-easy-stat]\nAPI = MPIIO', 'error api-without-mdtest: take it out, or name POSIX'],
    ['[global]\napi = DUMMY', 'invalid dummy-api: api = POSIX'],
    ['[global]\ndatadir = "/a b"', 'error quoted-path: datadir = /a b'],
    ['[global]\ndatadir = $SCRATCH/io500', 'error path-not-expanded: write the path out'],
    ['[global]\ndatadir = ~/io500', 'error path-not-expanded: write the path out'],
    ['[global]\ndataPacketType = randon', 'error no-choice: dataPacketType = random'],
    [
      '[global]\ndrop-caches-cmd = sudo -n bash -c "sync ; echo 3"',
      'error value-cut: write && for ;, or put the commands into a script and name that',
    ],
    ['[global]\nverbosity = 1 # loud', null],
    [
      '[debug]\npause-dir = ./pause',
      'invalid pause-dir: take it out for a result that is to count',
    ],
    ['[mdworkbench]\nfilesPerProc = 5', 'doubt mdworkbench-pair: set both or none'],
    ['[find]\nexternal-script = ./find.sh', 'doubt relative-script: write its full path'],
  ] as const)
    it(`says of ${JSON.stringify(line)}: ${expected ?? 'nothing'}`, () => {
      const found = check(line).filter(
        (text) => text.startsWith('2 error') || !/ api-perhaps/.test(text),
      )
      expect(found).to.deep.equal(expected === null ? [] : [`2 ${expected}`])
    })

  it('wants an aligned transfer for O_DIRECT', () =>
    expect(
      check('[ior-easy]\nAPI = POSIX --posix.odirect\ntransferSize = 1000\nblockSize = 10000'),
    ).to.deep.equal(['3 error direct-io-alignment: transferSize = 2m']))

  it('takes the run into account, where that is known', () => {
    expect(check('[find]\nnproc = 8', 'isc26+', { procs: 4 })).to.deep.equal([
      '2 error find-procs: nproc = 4, or less',
    ])
    expect(check('\n', 'isc26+', { nodes: 1 })).to.deep.equal([
      '0 doubt cached-reads: drop-caches = TRUE, where drop-caches-cmd may be run',
    ])
  })

  it('finds no fault with the defaults of any release', () => {
    for (const release of ['sc20', 'isc21', 'sc22', 'isc24', 'isc26', 'isc26+'] as const)
      expect(check('\n', release)).to.deep.equal([])
  })

  it('never throws, whatever the file', () => {
    const name = fc.constantFrom('global', 'ior-easy', 'mdtest-hard', 'find', 'x')
    const key = fc.constantFrom('api', 'n', 'run', 'blockSize', 'transferSize', 'nproc', 'y')
    const line = fc.oneof(
      name.map((one) => `[${one}]`),
      fc.tuple(key, fc.string()).map(([one, value]) => `${one} = ${value}`),
      fc.string({ unit: 'binary' }),
    )
    fc.assert(
      fc.property(fc.array(line, { maxLength: 20 }), (lines) => {
        for (const problem of checkIni(parseIni(lines.join('\n')), schemaOf('isc26')))
          expect(problem.line).to.be.within(0, lines.join('\n').split('\n').length)
      }),
    )
  })
})

describe('a size of IOR', () => {
  it('is exact and comes back', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 1n, max: 1n << 60n }), (bytes) => {
        const text = iorSizeText(bytes)
        expect(isWholeSize(text)).to.equal(true)
        expect(iorBytes(text)).to.equal(bytes)
      }),
    )
    expect(iorBytes('9920000m')).to.equal(9920000n * 1024n * 1024n)
  })
})
