import type { Dataset as H5Dataset, File as H5File } from 'h5wasm/node'
import { UsageError } from '../../platform/errors.js'
import type { Space } from './distance.js'
import { unreadable } from './file-error.js'
import { openVectors, type Vectors } from './formats.js'
import { refuseNonFinite } from './rows.js'

/** A file of ann-benchmarks: vectors, queries, and the true neighbours of each. */
export interface AnnFile {
  base: Vectors
  /** Rows of the file, of which `base` may be the first few. */
  of: number
  queries: Vectors
  /** Null where the file has none. */
  neighbours: { k: number; ids: Int32Array } | null
  space: Space | null
}

/** Source: ann_benchmarks/datasets.py. Sets of bits (hamming, jaccard) are nothing that Chroma knows. */
const SPACES: Readonly<Record<string, Space>> = {
  angular: 'cosine',
  cosine: 'cosine',
  euclidean: 'l2',
  dot: 'ip',
  ip: 'ip',
}
const ROWS_AT_ONCE_BYTES = 32 << 20

export function isAnnFile(path: string): boolean {
  return /\.(hdf5|h5)$/i.test(path)
}

/** @throws UsageError for what is no HDF5, has not the data sets of ann-benchmarks, or a distance that Chroma has not */
export async function readAnnFile(
  path: string,
  { vectors = Infinity, queries = Infinity }: { vectors?: number; queries?: number },
): Promise<AnnFile> {
  await (await openVectors(path)).close()
  const h5 = await import('h5wasm/node')
  // Or it writes a page of its own functions to stderr.
  ;(await h5.ready).activate_throwing_error_handler()
  let file: H5File
  try {
    file = new h5.File(path, 'r')
  } catch {
    throw unreadable(path, 'not a complete HDF5 file')
  }
  try {
    const train = matrix(path, file, 'train')
    const test = matrix(path, file, 'test')
    const neighbours = file.keys().includes('neighbors') ? matrix(path, file, 'neighbors') : null
    const base = rowsOf(path, train, vectors)
    const asked = rowsOf(path, test, queries)
    if (asked.dim !== base.dim)
      throw unreadable(path, `train has ${base.dim} dimensions and test has ${asked.dim}`)
    return {
      base,
      of: train.shape![0],
      queries: asked,
      neighbours: neighbours && idsOf(neighbours, asked.count),
      space: spaceOf(path, file),
    }
  } catch (error) {
    // The library's own words are addresses and numbers.
    throw error instanceof UsageError ? error : unreadable(path, 'it can’t be read as HDF5')
  } finally {
    file.close()
  }
}

function spaceOf(path: string, file: H5File): Space | null {
  const distance = file.attrs.distance?.value
  if (typeof distance !== 'string') return null
  if (!Object.hasOwn(SPACES, distance))
    throw unreadable(path, `its distance is ${distance}: Chroma has cosine, l2 and ip`)
  return SPACES[distance]
}

function matrix(path: string, file: H5File, name: string): H5Dataset {
  const found = file.get(name)
  if (!found || !('shape' in found) || found.shape?.length !== 2 || !found.shape[0])
    throw unreadable(path, `it has no table "${name}", as files of ann-benchmarks have`)
  return found as H5Dataset
}

/** A piece at a time: the whole would be there twice. */
function rowsOf(path: string, set: H5Dataset, most: number): Vectors {
  const [there, dim] = set.shape!
  const count = Math.min(there, most)
  const data = new Float32Array(count * dim)
  const atOnce = Math.max(1, Math.floor(ROWS_AT_ONCE_BYTES / (dim * 8)))
  for (let row = 0; row < count; row += atOnce) {
    const rows = Math.min(atOnce, count - row)
    data.set(numbersOf(set, row, rows), row * dim)
    refuseNonFinite(path, data, row, rows, dim)
  }
  return { count, dim, data }
}

function idsOf(set: H5Dataset, rows: number): { k: number; ids: Int32Array } {
  const count = Math.min(set.shape![0], rows)
  return { k: set.shape![1], ids: Int32Array.from(numbersOf(set, 0, count)) }
}

function numbersOf(set: H5Dataset, row: number, rows: number): ArrayLike<number> {
  const values = set.slice([[row, row + rows], []]) as ArrayLike<number> | BigInt64Array
  return values instanceof BigInt64Array ? Array.from(values, Number) : values
}
