import { createHash } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import { readdir, rename, rm, stat } from 'node:fs/promises'
import { basename, join, relative } from 'node:path'
import { Transform, type Readable } from 'node:stream'
import { finished, pipeline } from 'node:stream/promises'
import { BugError, UsageError } from './errors.js'
import { exists, sha256OfFile } from './files.js'

export interface ArchiveRequest {
  out: string
  /** Folders; each becomes a folder of its own name in the archive. */
  roots: readonly string[]
  /** File or folder names that are left out, `*` for any part of a name. */
  exclude: readonly string[]
  overwrite: boolean
}

export interface Archive {
  path: string
  bytes: number
  files: number
  /** Of the zip file. */
  sha256: string
}

const MANIFEST = 'manifest.json'

/**
 * Zips folders, streaming, with a manifest of sha256 sums of what was really read; then reads the archive again and compares. The
 * file appears under its name only when it has passed.
 * @throws UsageError when `out` is there already
 */
export async function writeArchive(request: ArchiveRequest): Promise<Archive> {
  const { out, overwrite } = request
  if (!overwrite && (await exists(out)))
    throw new UsageError(`${out} is there already`, {
      code: 'AIB_EXISTS',
      hints: ['give another name with -o FILE.zip'],
    })
  const draft = `${out}.${process.pid}.tmp`
  try {
    const sums = await zip(request, draft)
    await verify(draft, sums)
    await rename(draft, out)
    const { size } = await stat(out)
    return { path: out, bytes: size, files: sums.size, sha256: await sha256OfFile(out) }
  } finally {
    await rm(draft, { force: true })
  }
}

async function zip(
  { roots, exclude }: ArchiveRequest,
  draft: string,
): Promise<Map<string, string>> {
  const { ZipArchive } = await import('archiver')
  const archive = new ZipArchive({ zlib: { level: 6 } })
  const sink = createWriteStream(draft, { mode: 0o600 })
  const failed = new Promise<never>((_, reject) => {
    archive.once('error', reject)
    archive.once('warning', reject)
    sink.once('error', reject)
  })
  failed.catch(() => undefined)
  archive.pipe(sink)
  const sums = new Map<string, string>()
  for (const root of roots)
    for (const path of await filesBelow(root, exclude)) {
      const name = join(basename(root), relative(root, path))
      const hash = createHash('sha256')
      const source = createReadStream(path).pipe(hashing(hash))
      const done = finished(source, { writable: false })
      archive.append(source, { name, date: (await stat(path)).mtime })
      await Promise.race([done, failed])
      sums.set(name, hash.digest('hex'))
    }
  archive.append(
    JSON.stringify({ schema: 'aibench/archive/1', sha256: Object.fromEntries(sums) }, null, 2),
    {
      name: MANIFEST,
    },
  )
  await Promise.race([Promise.all([archive.finalize(), finished(sink)]), failed])
  return sums
}

function hashing(hash: ReturnType<typeof createHash>): Transform {
  return new Transform({
    transform(chunk: Buffer, _encoding, callback) {
      hash.update(chunk)
      callback(null, chunk)
    },
  })
}

async function filesBelow(folder: string, exclude: readonly string[]): Promise<string[]> {
  const isLeftOut = matcher(exclude)
  const found: string[] = []
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    if (isLeftOut(entry.name)) continue
    const path = join(folder, entry.name)
    if (entry.isDirectory()) found.push(...(await filesBelow(path, exclude)))
    else if (entry.isFile()) found.push(path)
  }
  return found.sort()
}

function matcher(patterns: readonly string[]): (name: string) => boolean {
  const escaped = patterns.map((pattern) =>
    pattern
      .split('*')
      .map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'))
      .join('.*'),
  )
  const expression = new RegExp(`^(${escaped.join('|')})$`)
  return (name) => expression.test(name)
}

async function verify(path: string, sums: ReadonlyMap<string, string>): Promise<void> {
  let seen = 0
  for await (const { name, content } of entriesOf(path)) {
    const hash = createHash('sha256')
    await pipeline(content, hash)
    if (name === MANIFEST) continue
    seen++
    if (hash.digest('hex') !== sums.get(name))
      throw new BugError(`${name} was not archived as it was read`)
  }
  if (seen !== sums.size) throw new BugError(`${sums.size} files were archived, ${seen} came back`)
}

async function* entriesOf(path: string): AsyncGenerator<{ name: string; content: Readable }> {
  const { default: yauzl } = await import('yauzl')
  const file = await yauzl.openPromise(path)
  for await (const entry of file.eachEntry())
    yield { name: entry.fileName, content: await file.openReadStreamPromise(entry) }
}
