import { expect } from 'chai'
import fc from 'fast-check'
import {
  parseProject,
  parseQuota,
} from '../../../../../src/lib/instrument/filesystem/corpus/quota.js'

const HEAD = 'Disk quotas for usr u100 (uid 1000):\n'
const TITLES = '      Filesystem  kbytes   quota   limit   grace   files   quota   limit   grace\n'

describe('lfs quota', () => {
  for (const { title, text, expect: expected } of [
    {
      title: 'a row behind a short path',
      text: '        /scratch      30     0     100       -       1       0    2000       -\n',
      expect: { usedBytes: 30 * 1024, limitBytes: 102_400, usedInodes: 1, limitInodes: 2000 },
    },
    {
      title: 'a row below a long path',
      text: '/project/scratch/p200000\n                 5368709120  0 107374182400   -  120000   0 1000000 -\n',
      expect: { usedBytes: 5 * 2 ** 40, limitBytes: 100 * 2 ** 40, limitInodes: 1_000_000 },
    },
    {
      title: 'no limits',
      text: '  /s  1234  0  0  -  56  0  0  -\n',
      expect: { usedBytes: 1234 * 1024, limitBytes: null, usedInodes: 56, limitInodes: null },
    },
    {
      title: 'a soft limit alone, which is over',
      text: '  /s  200*  100  0  6d23h59m  7  0  0  -\n',
      expect: { usedBytes: 204_800, limitBytes: 102_400, isOver: true, limitInodes: null },
    },
    {
      title: 'files over',
      text: '  /s  200  0  500  -  7*  0  5  none\n',
      expect: { limitBytes: 512_000, usedInodes: 7, limitInodes: 5, isOver: true },
    },
    {
      title: 'servers that did not answer',
      text: '  /s  [200]  0  500  -  [7]  0  5  -\nSome errors happened when getting quota info. Some devices may be not working or deactivated. The data in "[]" is inaccurate.\n',
      expect: { usedBytes: 204_800, isPartial: true, isOver: false },
    },
    {
      title: 'a default quota and the rows of the targets',
      text: '  /s  200  0  500  -  7  0  5  -\nuid 1000 is using default block quota setting\ns-MDT0000_UUID\n  12  -  0  -  7  -  0  -\n',
      expect: { usedBytes: 204_800, limitBytes: 512_000 },
    },
  ])
    it(title, () => expect(parseQuota(HEAD + TITLES + text)).to.deep.include(expected))

  it('is nothing where it is refused, and where there is none', () => {
    expect(parseQuota('')).to.equal(undefined)
    expect(parseQuota(HEAD + TITLES)).to.equal(undefined)
    expect(parseQuota('Permission denied.\nfailed to get quota for 1000\n')).to.equal(undefined)
  })

  it('never throws', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        parseQuota(HEAD + TITLES + text)
        parseProject(text)
      }),
    )
  })

  it('belongs to a project, or to none', () => {
    expect(parseProject('200123 P /project/scratch/p200000\n')).to.equal('200123')
    expect(parseProject('    0 - /scratch/u100\n')).to.equal(null)
    expect(parseProject('lfs project: not supported\n')).to.equal(null)
  })
})
