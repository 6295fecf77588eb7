import { open, stat, type FileHandle } from 'node:fs/promises'
import { extname } from 'node:path'
import { isErrno, type UsageError } from '../../platform/errors.js'
import { quote } from '../../platform/command-line.js'
import { unreadable } from './file-error.js'
import { readRows, type Component, type Layout, type TableOf } from './rows.js'

/** Vectors from a file, in rows. */
export interface Vectors {
  count: number
  dim: number
  /** Row-major, `count × dim`. */
  data: Float32Array
}

const FLOAT32: Component = {
  ...{ bytes: 4, read: (view, at) => view.getFloat32(at, true), Same: Float32Array },
}
const FLOAT64: Component = { bytes: 8, read: (view, at) => view.getFloat64(at, true) }
const INT32: Component = {
  ...{ bytes: 4, read: (view, at) => view.getInt32(at, true), Same: Int32Array },
}
const INT64: Component = { bytes: 8, read: (view, at) => Number(view.getBigInt64(at, true)) }
const UINT8: Component = { bytes: 1, read: (view, at) => view.getUint8(at) }
const INT8: Component = { bytes: 1, read: (view, at) => view.getInt8(at) }

type LayoutReader = (
  file: FileHandle,
  size: number,
  path: string,
  isOfIds: boolean,
) => Promise<Layout>

const READERS: Readonly<Record<string, LayoutReader>> = {
  '.fvecs': (file, size, path) => readVecs(file, size, path, FLOAT32),
  '.ivecs': (file, size, path) => readVecs(file, size, path, INT32),
  '.bvecs': (file, size, path) => readVecs(file, size, path, UINT8),
  '.fbin': (file, size, path) => readBin(file, size, path, FLOAT32),
  '.ibin': (file, size, path) => readBin(file, size, path, INT32),
  '.u8bin': (file, size, path) => readBin(file, size, path, UINT8),
  '.i8bin': (file, size, path) => readBin(file, size, path, INT8),
  '.npy': (file, _, path, isOfIds) => readNpy(file, path, isOfIds),
}

/** Kinds that hold numbers of vectors. */
const OF_IDS = ['.ivecs', '.ibin', '.npy']

/** How much is wanted of a file. */
export interface Wanted {
  /** No more rows than so many. */
  most?: number
  /** With so many, a file that is cut off before its end is enough. */
  least?: number
}

/**
 * Reads the first rows.
 * @throws UsageError for an unknown kind, a file that is not there, a header that is wrong, one that ends too early, and the first
 *   component that is no finite number
 */
export async function readVectors(path: string, wanted: Wanted = {}): Promise<Vectors> {
  const { count, dim, data } = await readTable(path, wanted, Float32Array)
  return { count, dim, data: data as Float32Array }
}

/** Rows of whole numbers: the true neighbours of each query. @throws UsageError as {@link readVectors} */
export async function readIds(
  path: string,
  wanted: Wanted = {},
): Promise<{ count: number; dim: number; data: Int32Array }> {
  if (!OF_IDS.includes(extname(path).toLowerCase()))
    throw unreadable(path, 'not a file of neighbours', [`known: ${OF_IDS.join(' ')}`])
  const { count, dim, data } = await readTable(path, wanted, Int32Array)
  return { count, dim, data: data as Int32Array }
}

async function readTable(
  path: string,
  { most = Infinity, least }: Wanted,
  Table: TableOf,
): Promise<{ count: number; dim: number; data: Float32Array | Int32Array }> {
  const reader = READERS[extname(path).toLowerCase()]
  if (!reader) throw notKnown(path)
  const file = await openVectors(path)
  try {
    const { size } = await stat(path)
    const layout = await reader(file, size, path, Table === Int32Array)
    const { offset, strideBytes, count } = layout
    const there = Math.floor((size - offset) / strideBytes)
    if (there < count && there < (least ?? Infinity)) throw cutOff(path, layout, size, there)
    return await readRows(file, layout, Math.min(most, count, there), path, Table)
  } finally {
    await file.close()
  }
}

function notKnown(path: string): UsageError {
  if (/\.parquet$/i.test(path))
    return unreadable(path, 'Parquet is a format of tables; turn its column of vectors into .npy', [
      `python3 -c 'import sys, numpy as np, pandas as pd; np.save("vectors.npy", np.stack(pd.read_parquet(sys.argv[1])[sys.argv[2]]).astype("<f4"))' ${quote(path)} COLUMN`,
    ])
  return unreadable(path, 'its kind is not known', [
    `known: ${[...Object.keys(READERS), '.hdf5'].join(' ')}`,
  ])
}

/** Crops of big files keep the header of the whole. */
function cutOff(path: string, { count }: Layout, size: number, there: number): UsageError {
  const fitting = there - Math.max(1, Math.min(1_000, Math.floor(there / 10)))
  return unreadable(
    path,
    `it is cut off: ${size} bytes hold ${there} whole rows of ${count}`,
    there > 1 ? [`--vectors ${fitting}`] : [],
  )
}

export async function openVectors(path: string): Promise<FileHandle> {
  try {
    return await open(path, 'r')
  } catch (error) {
    const why = isErrno(error, 'ENOENT')
      ? 'no such file'
      : isErrno(error, 'EACCES', 'EPERM')
        ? 'you may not read it'
        : (error as Error).message
    throw unreadable(path, why)
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
  const count = Math.ceil(size / strideBytes)
  return { count, dim, offset: 0, strideBytes, skipBytes: 4, component }
}

/**
 * big-ann-benchmarks: the number of rows and their dimension (uint32 each), then the rows; what follows them is passed over. cuVS writes
 * both with 64 bits: seen by a dimension that would be 0.
 */
async function readBin(
  file: FileHandle,
  size: number,
  path: string,
  component: Component,
): Promise<Layout> {
  const view = await head(file, 8, path)
  let [count, dim, offset] = [view.getUint32(0, true), view.getUint32(4, true), 8]
  if (dim === 0 && size >= 16) {
    const wide = await head(file, 16, path)
    ;[count, dim, offset] = [
      Number(wide.getBigUint64(0, true)),
      Number(wide.getBigUint64(8, true)),
      16,
    ]
  }
  if (count < 1 || dim < 1 || dim > 1 << 20)
    throw unreadable(path, `its header says ${count} rows of ${dim}`)
  return { count, dim, offset, strideBytes: dim * component.bytes, skipBytes: 0, component }
}

const NPY_TYPES: Readonly<Record<string, Component>> = {
  '<f4': FLOAT32,
  '<f8': FLOAT64,
  '|u1': UINT8,
  '|i1': INT8,
  '<i4': INT32,
}
const NPY_ID_TYPES: typeof NPY_TYPES = { '<i4': INT32, '<u4': INT32, '<i8': INT64, '<u8': INT64 }

/** NumPy's format 1.0 to 3.0, two dimensions, C order. Source: numpy.lib.format. */
async function readNpy(file: FileHandle, path: string, isOfIds: boolean): Promise<Layout> {
  const start = await head(file, 12, path)
  if (start.getUint8(0) !== 0x93 || start.getUint32(1) !== 0x4e554d50)
    throw broken(path, 'not a .npy file')
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
  const component = (isOfIds ? NPY_ID_TYPES : NPY_TYPES)[type]
  if (!component)
    throw broken(
      path,
      `its type ${type} is not known`,
      `np.save(file, a.astype("${isOfIds ? '<i4' : '<f4'}"))`,
    )
  const [count, dim] = [Number(shape[1]), Number(shape[2])]
  if (count < 1 || dim < 1) throw broken(path, `it has ${count} rows of ${dim}`)
  const strideBytes = dim * component.bytes
  return { count, dim, offset, strideBytes, skipBytes: 0, component }
}

async function head(file: FileHandle, bytes: number, path: string): Promise<DataView> {
  const buffer = new ArrayBuffer(bytes)
  const { bytesRead } = await file.read(new Uint8Array(buffer), 0, bytes, 0)
  if (bytesRead < bytes) throw broken(path, `it has only ${bytesRead} bytes`)
  return new DataView(buffer)
}

function broken(path: string, why: string, hint?: string): UsageError {
  return unreadable(path, why, hint ? [hint] : [])
}
