import { createReadStream } from 'node:fs'
import { isErrno } from '../../../platform/errors.js'
import { datasetError } from './dataset-error.js'

const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf])

/** A file piece by piece, so that its size does not matter. */
export async function* chunksOf(path: string): AsyncGenerator<Buffer> {
  let isFirst = true
  try {
    for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) {
      const bytes = chunk as Buffer
      yield isFirst && bytes.subarray(0, 3).equals(BYTE_ORDER_MARK) ? bytes.subarray(3) : bytes
      isFirst = false
    }
  } catch (error) {
    if (isErrno(error, 'ENOENT')) throw datasetError(path, 'no such file')
    if (isErrno(error, 'EISDIR')) throw datasetError(path, 'it is a folder')
    if (isErrno(error, 'EACCES')) throw datasetError(path, 'you may not read it')
    throw error
  }
}
