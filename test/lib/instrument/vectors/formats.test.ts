import { expect } from 'chai'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readIds, readVectors } from '../../../../src/lib/instrument/vectors/formats.js'
import { UsageError } from '../../../../src/lib/platform/errors.js'

const int32 = (...values: number[]) => Buffer.from(Int32Array.from(values).buffer)
const float32 = (...values: number[]) => Buffer.from(Float32Array.from(values).buffer)
const float64 = (...values: number[]) => Buffer.from(Float64Array.from(values).buffer)

function npy(header: string, body: Buffer, version = 1): Buffer {
  const text = Buffer.from(header.padEnd(117) + '\n', 'latin1')
  const start = Buffer.from([0x93, ...Buffer.from('NUMPY'), version, 0])
  const length = Buffer.alloc(version === 1 ? 2 : 4)
  if (version === 1) length.writeUInt16LE(text.length)
  else length.writeUInt32LE(text.length)
  return Buffer.concat([start, length, text, body])
}

const C_ORDER = (type: string, shape: string) =>
  `{'descr': '${type}', 'fortran_order': False, 'shape': (${shape}), }`

describe('vector files', () => {
  let dir: string
  before(async () => (dir = await mkdtemp(join(tmpdir(), 'aibench-formats-'))))
  after(() => rm(dir, { recursive: true }))

  const put = async (name: string, ...parts: Buffer[]) => {
    const path = join(dir, name)
    await writeFile(path, Buffer.concat(parts))
    return path
  }

  const ROWS = [1, 2.5, -3, 4, 5, 6]
  const BYTES = [1, 2, 255, 4, 5, 6]
  for (const { name, parts, data } of [
    {
      name: 'a.fvecs',
      parts: [int32(3), float32(1, 2.5, -3), int32(3), float32(4, 5, 6)],
      data: ROWS,
    },
    { name: 'a.ivecs', parts: [int32(3, 1, -2, 3), int32(3, 4, 5, 6)], data: [1, -2, 3, 4, 5, 6] },
    { name: 'a.fbin', parts: [int32(2, 3), float32(...ROWS)], data: ROWS },
    { name: 'a.ibin', parts: [int32(2, 3), int32(1, -2, 3, 4, 5, 6)], data: [1, -2, 3, 4, 5, 6] },
    { name: 'a.u8bin', parts: [int32(2, 3), Buffer.from(BYTES)], data: BYTES },
    { name: 'f4.npy', parts: [npy(C_ORDER('<f4', '2, 3'), float32(...ROWS))], data: ROWS },
    { name: 'f8.npy', parts: [npy(C_ORDER('<f8', '2, 3'), float64(...ROWS), 2)], data: ROWS },
    { name: 'u1.npy', parts: [npy(C_ORDER('|u1', '2, 3'), Buffer.from(BYTES))], data: BYTES },
  ])
    it(`reads ${name}`, async () => {
      const path = await put(name, ...parts)
      const all = await readVectors(path)
      expect({ ...all, data: [...all.data] }).to.deep.equal({ count: 2, dim: 3, data })
      expect([...(await readVectors(path, { most: 1 })).data]).to.deep.equal(data.slice(0, 3))
    })

  for (const { title, name, parts, says } of [
    {
      title: 'an .fvecs that is cut off',
      name: 'b.fvecs',
      parts: [int32(3), float32(1, 2, 3), int32(3), float32(4)],
      says: /cut off/,
    },
    {
      title: 'an .fvecs whose rows differ',
      name: 'c.fvecs',
      parts: [int32(3), float32(1, 2, 3), int32(2), float32(4, 5, 6)],
      says: /row 1 has 2 dimensions/,
    },
    {
      title: 'an .fvecs of nonsense',
      name: 'd.fvecs',
      parts: [int32(-5, 1, 2)],
      says: /-5 dimensions/,
    },
    {
      title: 'an .fbin that is cut off',
      name: 'b.fbin',
      parts: [int32(2, 3), float32(1, 2, 3)],
      says: /cut off: 20 bytes hold 1 whole rows of 2/,
    },
    { title: 'an .fbin of no rows', name: 'c.fbin', parts: [int32(0, 3)], says: /0 rows/ },
    { title: 'an empty file', name: 'e.fbin', parts: [Buffer.alloc(0)], says: /only 0 bytes/ },
    {
      title: 'an .npy that is none',
      name: 'b.npy',
      parts: [Buffer.alloc(64)],
      says: /not a \.npy/,
    },
    {
      title: 'an .npy of columns',
      name: 'c.npy',
      parts: [npy("{'descr': '<f4', 'fortran_order': True, 'shape': (2, 3), }", float32(...ROWS))],
      says: /Fortran/,
    },
    {
      title: 'an .npy of one dimension',
      name: 'd.npy',
      parts: [npy(C_ORDER('<f4', '6,'), float32(...ROWS))],
      says: /two-dimensional/,
    },
    {
      title: 'an .npy of text',
      name: 'f.npy',
      parts: [npy(C_ORDER('<U4', '2, 3'), Buffer.alloc(96))],
      says: /<U4/,
    },
    {
      title: 'an unknown kind',
      name: 'a.csv',
      parts: [Buffer.from('1,2')],
      says: /Can't read vectors from/,
    },
  ])
    it(`refuses ${title} and names it`, async () => {
      const path = await put(name, ...parts)
      const error = await readVectors(path).then(
        () => undefined,
        (thrown: unknown) => thrown,
      )
      expect(error).to.be.instanceOf(UsageError)
      expect((error as Error).message)
        .to.include(path)
        .and.match(says)
    })

  it('takes of a crop what is there, when that is enough', async () => {
    const path = await put('crop.fbin', int32(1_000_000_000, 3), float32(...ROWS))
    expect((await readVectors(path, { most: 2, least: 2 })).count).to.equal(2)
    expect((await readVectors(path, { most: 9, least: 1 })).count).to.equal(2)
    const error = (await readVectors(path, { most: 9, least: 3 }).catch(
      (thrown: unknown) => thrown,
    )) as UsageError
    expect(error.message).to.include('32 bytes hold 2 whole rows of 1000000000')
    expect(error.hints).to.deep.equal(['--vectors 1'])
  })

  it('reads a header of 64 bits', async () => {
    const header = Buffer.from(BigUint64Array.of(2n, 3n).buffer)
    const { count, dim, data } = await readVectors(await put('64.fbin', header, float32(...ROWS)))
    expect({ count, dim, data: [...data] }).to.deep.equal({ count: 2, dim: 3, data: ROWS })
  })

  for (const [name, bad, says] of [
    ['nan.fbin', NaN, /row 1, column 1 is NaN/],
    ['inf.fbin', -Infinity, /row 1, column 1 is infinite/],
  ] as const)
    it(`finds what is no number, with its place: ${name}`, async () => {
      const path = await put(name, int32(2, 3), float32(1, 2, 3, 4, bad, 6))
      const error = (await readVectors(path).catch((thrown: unknown) => thrown)) as UsageError
      expect(error).to.include({ exitCode: 2, code: 'AIB_VECTOR_FILE' })
      expect(error.message).to.match(says)
    })

  it('finds a double that is too large for 32 bits', async () => {
    const path = await put('large.npy', npy(C_ORDER('<f8', '1, 2'), float64(1, 1e300)))
    const error = (await readVectors(path).catch((thrown: unknown) => thrown)) as UsageError
    expect(error.message).to.match(/row 0, column 1 is infinite as a 32-bit number/)
  })

  it('reads numbers of neighbours beyond what a float32 can hold', async () => {
    const path = await put('n.ivecs', int32(2, 16_777_217, 5))
    expect([...(await readIds(path)).data]).to.deep.equal([16_777_217, 5])
    const wide = npy(C_ORDER('<i8', '1, 2'), Buffer.from(BigInt64Array.of(16_777_217n, 5n).buffer))
    expect([...(await readIds(await put('n.npy', wide))).data]).to.deep.equal([16_777_217, 5])
    const error = await readIds(await put('n.fvecs', int32(1), float32(1))).catch(String)
    expect(error).to.match(/not a file of neighbours/)
  })

  it('says what to do with Parquet', async () => {
    const error = (await readVectors(join(dir, 'a.parquet')).catch(
      (thrown: unknown) => thrown,
    )) as UsageError
    expect(error.message).to.match(/Parquet is a format of tables/)
    expect(error.hints[0]).to.match(/^python3 -c /)
  })

  it('refuses a file that is not there', async () => {
    const error = await readVectors(join(dir, 'no.fvecs')).catch((thrown: unknown) => thrown)
    expect((error as Error).message).to.match(/no such file/)
  })
})
