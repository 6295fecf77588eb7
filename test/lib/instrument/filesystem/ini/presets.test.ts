import { expect } from 'chai'
import { checkIni } from '../../../../../src/lib/instrument/filesystem/ini/check.js'
import { fixedFor } from '../../../../../src/lib/instrument/filesystem/ini/fixed.js'
import { iniText, parseIni } from '../../../../../src/lib/instrument/filesystem/ini/ini.js'
import { presetIni, PRESETS } from '../../../../../src/lib/instrument/filesystem/ini/presets.js'
import { RELEASES, schemaOf } from '../../../../../src/lib/instrument/filesystem/ini/releases.js'

describe('an ini file that is made for a purpose', () => {
  for (const preset of PRESETS)
    it(`${preset}: is right for every release, and says what it counts for`, () => {
      for (const release of RELEASES) {
        const schema = schemaOf(release)
        const codes = checkIni(parseIni(presetIni(preset, schema)), schema).map(({ code }) => code)
        expect(codes, release).to.deep.equal(
          ['debug', 'quick'].includes(preset) ? ['stonewall-time'] : [],
        )
      }
    })

  it('is as good when all that it offers is taken in', () => {
    const schema = schemaOf('isc26')
    const text = presetIni('submission', schema).replaceAll(/^# ([\w-]+ = )/gm, '$1')
    const ini = parseIni(text)
    expect(ini.config.get('ior-easy')?.get('api')).to.equal('POSIX --posix.odirect')
    const codes = checkIni(ini, schema, { apis: ['POSIX', 'MPIIO'] }).map(({ code }) => code)
    expect(codes).to.deep.equal([])
  })

  it('has lines of at most 100 columns', () => {
    for (const preset of PRESETS)
      for (const line of presetIni(preset, schemaOf('isc26')).split('\n'))
        expect(line.length, line).to.be.at.most(100)
  })
})

describe('the ini file of one run', () => {
  it('has its directories, and all else as the user wrote it', () => {
    const text =
      '# mine\r\n[global]\r\ndatadir = ./d # here\r\n# quiet\r\nverbosity = 0\r\n[find]\r\nnproc = 4\r\n'
    const fixed = fixedFor(parseIni(text), { dataDir: '/s/d', resultDir: '/s/r' })
    expect(iniText(fixed)).to.equal(
      '# mine\n[global]\ndatadir = /s/d # here\n# quiet\nverbosity = 0\n' +
        'timestamp-datadir = FALSE\nresultdir = /s/r\ntimestamp-resultdir = FALSE\n[find]\nnproc = 4\n',
    )
    expect(fixed.problems).to.deep.equal([])
  })

  it('tells of a directory that io500 can not be given', () => {
    const { problems } = fixedFor(parseIni(''), { dataDir: '/s/a#b', resultDir: '/r' })
    expect(problems.map(({ code }) => code)).to.deep.equal(['mark-in-value'])
  })
})
