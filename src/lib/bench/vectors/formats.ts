import { open, type FileHandle } from 'node:fs/promises'
import { UsageError, isErrno } from '../../platform/errors.js'
import { emptyMatrix, type Matrix } from './dataset.js'

/** Where the numbers of a file begin, and how they are laid out. */
interface Layout {
  rows: number
  dim: number
  /** First row, in bytes. */
  offset: number
  /** Before the numbers of every row, in bytes; must repeat `dim` (the .vecs family). */
  rowHeader: 0 | 4
  element: ElementType
}

type ElementType = 'f4' | 'f8' | 'i4' | 'u1'

const ELEMENT_BYTES: Record<ElementType, number> = { f4: 4, f8: 8, i4: 4, u1: 1 }

const FORMATS: Record<string, (file: Source) => Promise<Layout>> = {
  fvecs: (file) => vecsLayout(file, 'f4'),
  ivecs: (file) => vecsLayout(file, 'i4'),
  bvecs: (file) => vecsLayout(file, 'u1'),
  fbin: (file) => binLayout(file, 'f4'),
  ibin: (file) => binLayout(file, 'i4'),
  u8bin: (file) => binLayout(file, 'u1'),
  npy: npyLayout,
}

/** Of a row's bytes read at once: large enough for a parallel file system, small beside the matrix. */
const CHUNK_BYTES = 8 * 1024 * 1024

interface Source {
  path: string
  handle: FileHandle
  bytes: number
}

/**
 * Reads the first `limit` rows (all without a limit, or when there are fewer) as float32.
 * - `.fvecs .ivecs .bvecs`: each row is its dimension (int32) and its numbers; corpus-texmex.irisa.fr
 * - `.fbin .ibin .u8bin`: rows and dimension (two uint32), then all numbers; big-ann-benchmarks.com
 * - `.npy`: versions 1 to 3, float32, float64 or uint8, C order, two dimensions; numpy.lib.format
 * All little-endian.
 * @throws UsageError when it can't be read, is none of these, is cut off, contradicts its own header, or holds what is no number
 */
export async function readVectors(path: string, limit = Infinity): Promise<Matrix> {
  const layoutOf = FORMATS[path.slice(path.lastIndexOf('.') + 1).toLowerCase()]
  if (!layoutOf)
    throw new UsageError(`${path} is no vector file that is known here`, {
      hints: [
        `endings: ${Object.keys(FORMATS)
          .map((ending) => `.${ending}`)
          .join(' ')}`,
      ],
    })
  const handle = await openFile(path)
  try {
    const { size: bytes } = await handle.stat()
    const layout = await layoutOf({ path, handle, bytes })
    return await readRows({ path, handle, bytes }, layout, Math.min(limit, layout.rows))
  } finally {
    await handle.close()
  }
}

async function openFile(path: string): Promise<FileHandle> {
  const handle = await open(path, 'r').catch((error: unknown) => {
    if (isErrno(error, 'ENOENT', 'ENOTDIR')) throw new UsageError(`There is no file ${path}`)
    if (isErrno(error, 'EACCES', 'EPERM'))
      throw new UsageError(`${path} can't be read: permission denied`)
    throw error
  })
  if ((await handle.stat()).isFile()) return handle
  await handle.close()
  throw new UsageError(`${path} is not a file`)
}

async function vecsLayout(file: Source, element: ElementType): Promise<Layout> {
  const dim = (await readBytes(file, 0, 4)).readInt32LE(0)
  if (dim < 1) throw broken(file, `its first row says that it has ${dim} dimensions`)
  const rowBytes = 4 + dim * ELEMENT_BYTES[element]
  if (file.bytes % rowBytes !== 0)
    throw broken(
      file,
      `${file.bytes} bytes are no whole number of rows of ${dim} dimensions (${rowBytes} bytes each): cut off, or another type`,
    )
  return { rows: file.bytes / rowBytes, dim, offset: 0, rowHeader: 4, element }
}

async function binLayout(file: Source, element: ElementType): Promise<Layout> {
  const header = await readBytes(file, 0, 8)
  const layout = { rows: header.readUInt32LE(0), dim: header.readUInt32LE(4) }
  return checkSize(file, { ...layout, offset: 8, rowHeader: 0, element })
}

async function npyLayout(file: Source): Promise<Layout> {
  const start = await readBytes(file, 0, 10)
  if (start.toString('latin1', 0, 6) !== '\x93NUMPY') throw broken(file, 'it is no NumPy file')
  const isOld = start[6] === 1
  const length = isOld ? start.readUInt16LE(8) : (await readBytes(file, 8, 4)).readUInt32LE(0)
  const offset = (isOld ? 10 : 12) + length
  const header = (await readBytes(file, offset - length, length)).toString('latin1')
  const type = /'descr':\s*'([^']*)'/.exec(header)?.[1]
  const shape = /'shape':\s*\((\d+),\s*(\d+)\s*,?\)/.exec(header)
  const elements: Record<string, ElementType> = { '<f4': 'f4', '<f8': 'f8', '|u1': 'u1' }
  if (type === undefined || !(type in elements))
    throw broken(
      file,
      `its numbers are ${type ?? 'of no simple type'}; float32, float64 and uint8 are read`,
      ["python3 -c \"import numpy as n; n.save('out.npy', n.load('in.npy').astype('float32'))\""],
    )
  if (/'fortran_order':\s*True/.test(header))
    throw broken(
      file,
      'its columns are stored one after the other (Fortran order); rows are read',
      [
        "python3 -c \"import numpy as n; n.save('out.npy', n.ascontiguousarray(n.load('in.npy')))\"",
      ],
    )
  if (!shape) throw broken(file, `it is not an array of rows and columns: ${header.trim()}`)
  const [rows, dim] = [Number(shape[1]), Number(shape[2])]
  return checkSize(file, { rows, dim, offset, rowHeader: 0, element: elements[type] })
}

function checkSize(file: Source, layout: Layout): Layout {
  const { rows, dim, offset, element } = layout
  if (rows < 1 || dim < 1) throw broken(file, `its header says ${rows} rows of ${dim} dimensions`)
  const expected = offset + rows * dim * ELEMENT_BYTES[element]
  if (file.bytes !== expected)
    throw broken(
      file,
      `its header says ${rows} rows of ${dim} dimensions, which make ${expected} bytes, but it has ${file.bytes}` +
        (file.bytes < expected ? ': it is cut off' : ''),
    )
  return layout
}

async function readRows(file: Source, layout: Layout, rows: number): Promise<Matrix> {
  const { dim, offset, rowHeader, element } = layout
  const matrix = emptyMatrix(rows, dim)
  const size = ELEMENT_BYTES[element]
  const rowBytes = rowHeader + dim * size
  const rowsAtOnce = Math.max(1, Math.floor(CHUNK_BYTES / rowBytes))
  for (let first = 0; first < rows; first += rowsAtOnce) {
    const count = Math.min(rowsAtOnce, rows - first)
    const chunk = await readBytes(file, offset + first * rowBytes, count * rowBytes)
    for (let row = 0; row < count; row++) {
      const start = row * rowBytes
      if (rowHeader && chunk.readInt32LE(start) !== dim)
        throw broken(file, `row ${first + row} says another dimension than the first`)
      const target = matrix.data.subarray((first + row) * dim, (first + row + 1) * dim)
      if (!copyRow(chunk, start + rowHeader, element, target))
        throw broken(file, `row ${first + row} holds a number that is not finite`)
    }
  }
  return matrix
}

/** @returns false when a number is NaN or infinite, as float32 */
function copyRow(
  chunk: Buffer,
  start: number,
  element: ElementType,
  target: Float32Array,
): boolean {
  const view = new DataView(chunk.buffer, chunk.byteOffset + start)
  const size = ELEMENT_BYTES[element]
  for (let i = 0; i < target.length; i++) {
    target[i] = READ[element](view, i * size)
    if (!Number.isFinite(target[i])) return false
  }
  return true
}

const READ: Record<ElementType, (view: DataView, at: number) => number> = {
  f4: (view, at) => view.getFloat32(at, true),
  f8: (view, at) => view.getFloat64(at, true),
  i4: (view, at) => view.getInt32(at, true),
  u1: (view, at) => view.getUint8(at),
}

async function readBytes(file: Source, position: number, length: number): Promise<Buffer> {
  if (position + length > file.bytes) throw broken(file, `it is cut off after ${file.bytes} bytes`)
  const buffer = Buffer.allocUnsafe(length)
  let filled = 0
  while (filled < length) {
    const { bytesRead } = await file.handle.read(buffer, filled, length - filled, position + filled)
    if (bytesRead === 0) throw broken(file, `it is cut off after ${position + filled} bytes`)
    filled += bytesRead
  }
  return buffer
}

function broken({ path }: Source, why: string, hints: readonly string[] = []): UsageError {
  return new UsageError(`${path} can't be used: ${why}`, { code: 'AIB_VECTOR_FILE', hints })
}
