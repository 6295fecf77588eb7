import { open, stat, type FileHandle } from 'node:fs/promises'
import { extname } from 'node:path'
import { isErrno, UsageError } from '../../platform/errors.js'

/** Vectors from a file, in rows. */
export interface Vectors {
  count: number
  dim: number
  /** Row-major, `count × dim`. */
  data: Float32Array
}

/** Where the rows are, and how to read one component. */
interface Layout {
  count: number
  dim: number
  /** Of the first row. */
  offset: number
  /** From row to row. */
  strideBytes: number
  /** Within a row, before its first component. */
  skipBytes: number
  component: Component
}

interface Component {
  bytes: number
  read(view: DataView, at: number): number
}

const FLOAT32: Component = { bytes: 4, read: (view, at) => view.getFloat32(at, true) }
const FLOAT64: Component = { bytes: 8, read: (view, at) => view.getFloat64(at, true) }
const INT32: Component = { bytes: 4, read: (view, at) => view.getInt32(at, true) }
const UINT8: Component = { bytes: 1, read: (view, at) => view.getUint8(at) }
const INT8: Component = { bytes: 1, read: (view, at) => view.getInt8(at) }

type LayoutReader = (file: FileHandle, size: number, path: string) => Promise<Layout>

const READERS: Readonly<Record<string, LayoutReader>> = {
  '.fvecs': (file, size, path) => readVecs(file, size, path, FLOAT32),
  '.ivecs': (file, size, path) => readVecs(file, size, path, INT32),
  '.bvecs': (file, size, path) => readVecs(file, size, path, UINT8),
  '.fbin': (file, size, path) => readBin(file, size, path, FLOAT32),
  '.ibin': (file, size, path) => readBin(file, size, path, INT32),
  '.u8bin': (file, size, path) => readBin(file, size, path, UINT8),
  '.i8bin': (file, size, path) => readBin(file, size, path, INT8),
  '.npy': readNpy,
}

/**
 * Reads the first `limit` rows.
 * @throws UsageError for an unknown kind, a file that is not there, a header that is wrong, or one that ends too early
 */
export async function readVectors(path: string, limit = Infinity): Promise<Vectors> {
  const reader = READERS[extname(path).toLowerCase()]
  if (!reader)
    throw new UsageError(`Vectors can't be read from ${path}: its kind is not known`, {
      code: 'AIB_VECTOR_FILE',
      hints: [`known: ${Object.keys(READERS).join(' ')}`],
    })
  const file = await openVectors(path)
  try {
    const { size } = await stat(path)
    const layout = await reader(file, size, path)
    return await readRows(file, layout, Math.min(limit, layout.count), path)
  } finally {
    await file.close()
  }
}

async function openVectors(path: string): Promise<FileHandle> {
  try {
    return await open(path, 'r')
  } catch (error) {
    const why = isErrno(error, 'ENOENT')
      ? 'there is no such file'
      : isErrno(error, 'EACCES', 'EPERM')
        ? 'you may not read it'
        : (error as Error).message
    throw new UsageError(`Vectors can't be read from ${path}: ${why}`, { code: 'AIB_VECTOR_FILE' })
  }
}

/** TEXMEX: every row begins with its dimension (int32, little endian). Source: corpus-texmex.irisa.fr. */
async function readVecs(
  file: FileHandle,
  size: number,
  path: string,
  component: Component,
): Promise<Layout> {
  const dim = (await head(file, 4, path)).getInt32(0, true)
  if (dim < 1 || dim > 1 << 20)
    throw broken(path, `its first row says that it has ${dim} dimensions`)
  const strideBytes = 4 + dim * component.bytes
  if (size % strideBytes !== 0) throw truncated(path, size, strideBytes)
  return { count: size / strideBytes, dim, offset: 0, strideBytes, skipBytes: 4, component }
}

/** big-ann-benchmarks: the number of rows and their dimension (uint32 each), then the rows. */
async function readBin(
  file: FileHandle,
  size: number,
  path: string,
  component: Component,
): Promise<Layout> {
  const view = await head(file, 8, path)
  const [count, dim] = [view.getUint32(0, true), view.getUint32(4, true)]
  if (count < 1 || dim < 1 || dim > 1 << 20)
    throw broken(path, `its header says ${count} rows of ${dim}`)
  const strideBytes = dim * component.bytes
  if (size < 8 + count * strideBytes)
    throw truncated(path, size, strideBytes, 8 + count * strideBytes)
  return { count, dim, offset: 8, strideBytes, skipBytes: 0, component }
}

const NPY_TYPES: Readonly<Record<string, Component>> = {
  '<f4': FLOAT32,
  '<f8': FLOAT64,
  '|u1': UINT8,
  '|i1': INT8,
  '<i4': INT32,
}

/** NumPy's format 1.0 to 3.0, two dimensions, C order. Source: numpy.lib.format. */
async function readNpy(file: FileHandle, size: number, path: string): Promise<Layout> {
  const start = await head(file, 12, path)
  if (start.getUint8(0) !== 0x93 || start.getUint32(1) !== 0x4e554d50)
    throw broken(path, 'it is no .npy file')
  const isOld = start.getUint8(6) === 1
  const headerBytes = isOld ? start.getUint16(8, true) : start.getUint32(8, true)
  const offset = (isOld ? 10 : 12) + headerBytes
  const header = Buffer.from((await head(file, offset, path)).buffer).toString(
    'latin1',
    isOld ? 10 : 12,
  )
  const type = /'descr':\s*'([^']+)'/.exec(header)?.[1] ?? 'unknown'
  const shape = /'shape':\s*\((\d+),\s*(\d+),?\)/.exec(header)
  if (/'fortran_order':\s*True/.test(header))
    throw broken(path, 'it is in Fortran order', 'np.save(file, np.ascontiguousarray(a))')
  if (!shape) throw broken(path, 'it is not two-dimensional')
  const component = NPY_TYPES[type]
  if (!component)
    throw broken(path, `its type ${type} is not known`, 'np.save(file, a.astype("<f4"))')
  const [count, dim] = [Number(shape[1]), Number(shape[2])]
  const strideBytes = dim * component.bytes
  if (size < offset + count * strideBytes)
    throw truncated(path, size, strideBytes, offset + count * strideBytes)
  return { count, dim, offset, strideBytes, skipBytes: 0, component }
}

const CHUNK_BYTES = 8 << 20

async function readRows(
  file: FileHandle,
  layout: Layout,
  count: number,
  path: string,
): Promise<Vectors> {
  const { dim, offset, strideBytes, skipBytes, component } = layout
  const data = new Float32Array(count * dim)
  const rowsAtOnce = Math.max(1, Math.floor(CHUNK_BYTES / strideBytes))
  for (let row = 0; row < count; row += rowsAtOnce) {
    const rows = Math.min(rowsAtOnce, count - row)
    const chunk = Buffer.alloc(rows * strideBytes)
    const { bytesRead } = await file.read(chunk, 0, chunk.length, offset + row * strideBytes)
    if (bytesRead < chunk.length)
      throw broken(path, `it ends at row ${row + Math.floor(bytesRead / strideBytes)}`)
    const view = new DataView(chunk.buffer, chunk.byteOffset, chunk.length)
    for (let r = 0; r < rows; r++) {
      if (skipBytes && view.getInt32(r * strideBytes, true) !== dim)
        throw broken(
          path,
          `row ${row + r} has ${view.getInt32(r * strideBytes, true)} dimensions, the first has ${dim}`,
        )
      for (let d = 0; d < dim; d++)
        data[(row + r) * dim + d] = component.read(
          view,
          r * strideBytes + skipBytes + d * component.bytes,
        )
    }
  }
  return { count, dim, data }
}

async function head(file: FileHandle, bytes: number, path: string): Promise<DataView> {
  const buffer = new ArrayBuffer(bytes)
  const { bytesRead } = await file.read(new Uint8Array(buffer), 0, bytes, 0)
  if (bytesRead < bytes) throw broken(path, `it has only ${bytesRead} bytes`)
  return new DataView(buffer)
}

function broken(path: string, why: string, hint?: string): UsageError {
  return new UsageError(`Vectors can't be read from ${path}: ${why}`, {
    code: 'AIB_VECTOR_FILE',
    hints: hint ? [hint] : [],
  })
}

function truncated(path: string, size: number, rowBytes: number, expected?: number): UsageError {
  const rows = Math.floor(size / rowBytes)
  return broken(
    path,
    `it is cut off: ${size} bytes${expected ? ` of ${expected}` : ''}, about ${rows} rows`,
  )
}
