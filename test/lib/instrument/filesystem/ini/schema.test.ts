import { expect } from 'chai'
import { readFileSync } from 'node:fs'
import { parseIni } from '../../../../../src/lib/instrument/filesystem/ini/ini.js'
import {
  knownKind,
  releasesLike,
  releasesWith,
  schemaOf,
} from '../../../../../src/lib/instrument/filesystem/ini/releases.js'
import {
  effectiveValues,
  schemaFromList,
  type IniSchema,
} from '../../../../../src/lib/instrument/filesystem/ini/schema.js'

export function listOf(name: string): string {
  const url = new URL(`../../../../fixtures/filesystem/ini/list-${name}.txt`, import.meta.url)
  return readFileSync(url, 'utf8')
}

const plain = ({ sections }: IniSchema) =>
  [...sections].map(([key, { name, options }]) => [key, name, [...options]])

describe('the schema of an ini file', () => {
  for (const [list, release] of [
    ['after-isc26', 'isc26+'],
    ['isc26', 'isc26'],
    ['sc25', 'sc25'],
    ['isc24', 'isc24'],
    ['isc23', 'isc23'],
  ] as const)
    it(`of ${release} is what its --list prints`, () => {
      const schema = schemaFromList(listOf(list), 'x', knownKind)
      const known = new Map(plain(schemaOf(release)).map((row) => [row[0], row]))
      expect(new Map(plain(schema).map((row) => [row[0], row]))).to.deep.equal(known)
    })

  it('says which releases have the options of a binary', () => {
    const likeness = (name: string) => releasesLike(schemaFromList(listOf(name), 'x', knownKind))
    expect(likeness('after-isc26')).to.equal('what came after isc26')
    expect(likeness('sc25')).to.equal('isc25 to isc26')
    expect(likeness('isc24')).to.equal('sc22 to sc24')
    expect(releasesLike(schemaFromList('[global]\nnew = 1\n', 'x', knownKind))).to.equal(undefined)
  })

  it('says which releases had a section or an option', () => {
    expect(releasesWith('ior-rnd4K')).to.equal('sc21 to isc26')
    expect(releasesWith('ior-rnd4k-easy-READ')).to.equal('isc25 and later')
    expect(releasesWith('ior-easy', 'noRun')).to.equal('sc20')
    expect(releasesWith('ior-easy', 'nope')).to.equal(undefined)
  })

  it('knows the kind of an option that is new to it by its name elsewhere, or by its default', () => {
    const { sections } = schemaFromList(
      '[ior-new]\nAPI = \nrun = TRUE\nsome = 5\nsome-more = 0.5\nword = \n',
      'x',
      knownKind,
    )
    const kinds = [...sections.get('ior-new')!.options.values()].map(({ kind }) => kind)
    expect(kinds).to.deep.equal(['api', 'boolean', 'count', 'decimal', 'text'])
  })

  it('gives the values that count', () => {
    const { config } = parseIni('[Debug]\nSTONEWALL-TIME = 30\n')
    const values = effectiveValues(config, schemaOf('isc26'))
    expect(values.find(({ name }) => name === 'stonewall-time')).to.deep.equal({
      section: 'debug',
      name: 'stonewall-time',
      value: '30',
      default: '300',
    })
    expect(values).to.have.lengthOf(109)
  })
})
