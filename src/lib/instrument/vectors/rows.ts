import type { FileHandle } from 'node:fs/promises'
import { unreadable } from './file-error.js'

/** Where the rows are, and how to read one component. */
export interface Layout {
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

/** How one component is stored. */
export interface Component {
  bytes: number
  read(view: DataView, at: number): number
  /** The same in memory as on disk, on the little-endian machines that there are. */
  Same?: typeof Float32Array | typeof Int32Array
}

export type TableOf = typeof Float32Array | typeof Int32Array

const CHUNK_BYTES = 8 << 20

/** @throws UsageError for the first row that is not like the others, and the first component that is no finite number */
export async function readRows(
  file: FileHandle,
  layout: Layout,
  count: number,
  path: string,
  Table: TableOf,
): Promise<{ count: number; dim: number; data: Float32Array | Int32Array }> {
  const { dim, offset, strideBytes, skipBytes } = layout
  const data = new Table(count * dim)
  const rowsAtOnce = Math.max(1, Math.floor(CHUNK_BYTES / strideBytes))
  const chunk = new ArrayBuffer(Math.min(rowsAtOnce, count) * strideBytes)
  const view = new DataView(chunk)
  for (let row = 0; row < count; row += rowsAtOnce) {
    const rows = Math.min(rowsAtOnce, count - row)
    const bytes = new Uint8Array(chunk, 0, rows * strideBytes)
    const { bytesRead } = await file.read(bytes, 0, bytes.length, offset + row * strideBytes)
    if (bytesRead < bytes.length)
      throw unreadable(path, `it ends at row ${row + Math.floor(bytesRead / strideBytes)}`)
    for (let r = 0; r < rows; r++) {
      const at = r * strideBytes
      if (skipBytes && view.getInt32(at, true) !== dim)
        throw unreadable(
          path,
          `row ${row + r} has ${view.getInt32(at, true)} dimensions, the first has ${dim}`,
        )
      copyRow(layout, view, at + skipBytes, data, (row + r) * dim)
    }
    refuseNonFinite(path, data, row, rows, dim)
  }
  return { count, dim, data }
}

function copyRow(
  { component: { read, bytes, Same }, dim }: Layout,
  view: DataView,
  from: number,
  to: Float32Array | Int32Array,
  at: number,
): void {
  if (Same && to instanceof Same) return to.set(new Same(view.buffer as ArrayBuffer, from, dim), at)
  for (let d = 0; d < dim; d++) to[at + d] = read(view, from + d * bytes)
}

/** Before anything is sent: the server would refuse it after the truth was computed. Rows and columns count from 0. */
export function refuseNonFinite(
  path: string,
  data: Float32Array | Int32Array,
  firstRow: number,
  rows: number,
  dim: number,
): void {
  const [from, to] = [firstRow * dim, (firstRow + rows) * dim]
  for (let i = from; i < to; i++)
    if (!Number.isFinite(data[i]))
      throw unreadable(
        path,
        `row ${Math.floor(i / dim)}, column ${i % dim} is ${Number.isNaN(data[i]) ? 'NaN' : 'infinite as a 32-bit number'} (both count from 0)`,
      )
}
