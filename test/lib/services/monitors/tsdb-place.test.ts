import { expect } from 'chai'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { EnvironmentError } from '../../../../src/lib/platform/errors.js'
import { placeOfTsdb, refuseShared } from '../../../../src/lib/services/monitors/tsdb-place.js'

describe('the place of the figures', () => {
  it('is looked at where the folder will be', async () => {
    const dir = join(tmpdir(), 'not', 'yet', 'there')
    const place = await placeOfTsdb(dir)
    expect(place).to.include({ dir, shared: null })
    expect(place.freeBytes).to.be.greaterThan(0)
    expect(place.fileSystem).to.be.a('string')
  })

  it('is told by the number of the file system, whatever is mounted where', async () => {
    const numbers = [0x6969, 0x0bd00bd0, 0x47504653, -11317950]
    const names = await Promise.all(
      numbers.map(async (magic) => (await placeOfTsdb('/', async () => magic)).shared),
    )
    expect(names).to.deep.equal(['NFS', 'Lustre', 'GPFS', 'CIFS'])
    expect((await placeOfTsdb('/', async () => 0xef53)).shared).to.equal(null)
  })

  it('is refused where several nodes share it, unless that was asked for', () => {
    const place = { dir: '/scratch/me', fileSystem: 'lustre', shared: 'Lustre', freeBytes: 1 }
    expect(() => refuseShared(place, false))
      .to.throw(EnvironmentError)
      .with.property('message', '/scratch/me is on Lustre: a crash there can destroy the data')
    expect(() => refuseShared(place, true)).to.not.throw()
    expect(() => refuseShared({ ...place, shared: null }, false)).to.not.throw()
  })
})
