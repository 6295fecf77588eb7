import { createHash } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import { dirname } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { makePrivateDir } from './files.js'
import { filesBelow, type FoundFile, type Trouble } from './tree-reader.js'

/** What a file held when it was read. */
export interface FileSum {
  bytes: number
  sha256: string
}

/** Regular files in a folder, by their names from it on; nothing when it is not there. Those that can't be read are passed over. */
export async function filesOfTree(
  folder: string,
  exclude: readonly string[] = [],
): Promise<FoundFile[]> {
  const found: FoundFile[] = []
  const troubles: Trouble[] = []
  for await (const { path, name } of filesBelow(folder, exclude, troubles, '.'))
    found.push({ path, name: name.slice(2) })
  return found
}

/** Writes a file for its owner alone, in a folder that is made, and sums what goes by; without `to` it is only summed. */
export async function sumInto(chunks: AsyncIterable<Buffer>, to: string | null): Promise<FileSum> {
  const hash = createHash('sha256')
  let bytes = 0
  const passing = async function* () {
    for await (const chunk of chunks) {
      hash.update(chunk)
      bytes += chunk.length
      yield chunk
    }
  }
  if (to === null) for await (const _ of passing());
  else {
    await makePrivateDir(dirname(to))
    await pipeline(
      Readable.from(passing(), { objectMode: false }),
      createWriteStream(to, { flags: 'wx', mode: 0o600 }),
    )
  }
  return { bytes, sha256: hash.digest('hex') }
}

export function copyFile(from: string, to: string): Promise<FileSum> {
  return sumInto(createReadStream(from, { highWaterMark: 1 << 20 }), to)
}
