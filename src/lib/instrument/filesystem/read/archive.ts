/** Archives, read as streams: nothing is unpacked to a disk, so that a name or a link in one can lead nowhere. */

import { createReadStream } from 'node:fs'
import { open } from 'node:fs/promises'
import { pipeline, Readable, Transform } from 'node:stream'
import { createGunzip } from 'node:zlib'
import type { Note } from './contract.js'
import { reasonOf, taken, type FoundText } from './files.js'
import { TextTaker } from './text-taker.js'

/** What io500.sh packs of 12,288 ranks is 30 MB; what is much more was made to hurt. */
const MAX_UNPACKED_BYTES = 2 ** 29
const MAX_ENTRIES = 20_000

export type Packing = 'gzip' | 'tar' | 'zip'

const MAGIC: readonly (readonly [Packing | string, number, string])[] = [
  ['gzip', 0, '1f8b'],
  ['zip', 0, '504b0304'],
  ['zip', 0, '504b0506'],
  ['tar', 257, '7573746172'],
  ['xz', 0, 'fd377a585a00'],
  ['bzip2', 0, '425a68'],
  ['zstd', 0, '28b52ffd'],
]
const MAGIC_BYTES = 262

/** By its first bytes, whatever its name is; other packings by their names, null for none. */
export async function packingOf(path: string): Promise<string | null> {
  const handle = await open(path)
  try {
    const { bytesRead, buffer } = await handle.read(Buffer.alloc(MAGIC_BYTES), 0, MAGIC_BYTES, 0)
    return packingIn(buffer.subarray(0, bytesRead))
  } finally {
    await handle.close()
  }
}

function packingIn(start: Buffer): string | null {
  const found = MAGIC.find(([, at, hex]) => start.toString('hex', at, at + hex.length / 2) === hex)
  return found?.[0] ?? null
}

export async function* textsIn(
  path: string,
  packing: Packing,
  notes: Note[],
  maxBytes = MAX_UNPACKED_BYTES,
): AsyncGenerator<FoundText> {
  try {
    if (packing === 'zip') yield* textsInZip(path, notes, maxBytes)
    else if (packing === 'tar') yield* textsInTar(createReadStream(path), notes)
    else yield* textsInGzip(path, notes, maxBytes)
  } catch (error) {
    // What came before the break stands.
    if (!(error instanceof TooLargeError))
      notes.push({ file: '.', text: `is damaged or cut: ${reasonOf(error)}` })
  }
}

async function* textsInGzip(
  path: string,
  notes: Note[],
  maxBytes: number,
): AsyncGenerator<FoundText> {
  const gunzip = createGunzip()
  const bytes = new Limited(maxBytes, notes)
  // Errors come out where it is read.
  const unpacked = pipeline(createReadStream(path), gunzip, bytes, () => undefined)
  unpacked.pause()
  const chunks = unpacked[Symbol.asyncIterator]() as AsyncIterator<Buffer>
  const start: Buffer[] = []
  let length = 0
  while (length < MAGIC_BYTES) {
    const { done, value } = await chunks.next()
    if (done) break
    start.push(value)
    length += value.length
  }
  const whole = Readable.from(joined(start, chunks), { objectMode: false })
  if (packingIn(Buffer.concat(start)) === 'tar') yield* textsInTar(whole, notes)
  else yield await textFrom(whole, '.', notes)
}

async function* joined(
  start: readonly Buffer[],
  chunks: AsyncIterator<Buffer>,
): AsyncGenerator<Buffer> {
  yield* start
  for (;;) {
    const { done, value } = await chunks.next()
    if (done) return
    yield value
  }
}

async function* textsInTar(stream: Readable, notes: Note[]): AsyncGenerator<FoundText> {
  const { default: tar } = await import('tar-stream')
  const entries = tar.extract()
  stream.once('error', (error) => entries.destroy(error))
  stream.pipe(entries as unknown as NodeJS.WritableStream)
  const names = new Names(notes)
  for await (const entry of entries) {
    const { name, type } = entry.header
    const file = type === 'file' || type === 'contiguous-file' ? names.safe(name) : null
    const taker = new TextTaker()
    // To its end, wanted or not: the next entry comes behind it.
    for await (const chunk of entry) if (file !== null) taker.push(chunk as Buffer)
    if (file !== null) yield taken(taker, file, notes)
    if (names.isFull) break
  }
  stream.destroy()
}

async function* textsInZip(
  path: string,
  notes: Note[],
  maxBytes: number,
): AsyncGenerator<FoundText> {
  const { default: yauzl } = await import('yauzl')
  // Its own check of names would give up the whole archive for one.
  const zip = await yauzl.openPromise(path, { decodeStrings: false })
  const names = new Names(notes)
  let left = maxBytes
  for await (const entry of zip.eachEntry()) {
    const file = names.safe((entry.fileName as unknown as Buffer).toString('utf8'))
    if (names.isFull) break
    if (file === null || isLink(entry.externalFileAttributes)) continue
    if (entry.isEncrypted()) {
      notes.push({ file, text: 'is encrypted' })
      continue
    }
    const taker = new TextTaker()
    const content = await zip.openReadStreamPromise(entry)
    for await (const chunk of content) {
      left -= (chunk as Buffer).length
      if (!taker.push(chunk as Buffer) || left < 0) break
    }
    yield taken(taker, file, notes)
    if (left < 0) {
      notes.push(tooLarge)
      break
    }
  }
}

async function textFrom(stream: Readable, file: string, notes: Note[]): Promise<FoundText> {
  const taker = new TextTaker()
  try {
    for await (const chunk of stream) if (!taker.push(chunk as Buffer)) break
  } catch (error) {
    if (!(error instanceof TooLargeError))
      notes.push({ file, text: `is damaged or cut: ${reasonOf(error)}` })
  }
  return taken(taker, file, notes)
}

function isLink(externalFileAttributes: number): boolean {
  return ((externalFileAttributes >>> 16) & 0o170000) === 0o120000
}

const tooLarge: Note = { file: '.', text: 'unpacks to more than it should: the rest was not read' }

class TooLargeError extends Error {}

/** Ends what is unpacked at the limit. */
class Limited extends Transform {
  #left: number

  constructor(
    maxBytes: number,
    private readonly notes: Note[],
  ) {
    super()
    this.#left = maxBytes
  }

  override _transform(chunk: Buffer, _: BufferEncoding, done: (error?: Error) => void): void {
    this.#left -= chunk.length
    if (this.#left >= 0) this.push(chunk)
    else if (!this.notes.includes(tooLarge)) this.notes.push(tooLarge)
    done(this.#left >= 0 ? undefined : new TooLargeError())
  }
}

class Names {
  #left = MAX_ENTRIES
  constructor(private readonly notes: Note[]) {}

  get isFull(): boolean {
    return this.#left < 0
  }

  /** Null for a folder, and for a name that leads out of the archive: whoever made it meant no result by it. */
  safe(name: string): string | null {
    if (--this.#left === -1)
      this.notes.push({
        file: '.',
        text: `has more than ${MAX_ENTRIES} entries: the rest was not read`,
      })
    const parts = name.replaceAll('\\', '/').split('/')
    if (name.endsWith('/')) return null
    if (name.startsWith('/') || parts.includes('..')) {
      this.notes.push({ file: name, text: 'leads out of the archive: it was passed over' })
      return null
    }
    return parts.filter((part) => part !== '.' && part !== '').join('/')
  }
}
