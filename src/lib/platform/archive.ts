import { createHash } from 'node:crypto'
import { link, lstat, rename, rm, stat, type FileHandle } from 'node:fs/promises'
import { basename, dirname, extname } from 'node:path'
import { Readable } from 'node:stream'
import { finished, pipeline } from 'node:stream/promises'
import { cannotWrite } from './cannot-write.js'
import { shellLine } from './command-line.js'
import { sweepDrafts, takeDraft } from './drafts.js'
import { BugError, EnvironmentError, isErrno, UsageError } from './errors.js'
import { isFolder, sha256OfFile } from './files.js'
import { filesBelow, readWhatIsThere, type Trouble } from './tree-reader.js'

export interface ArchiveRequest {
  out: string
  /** Folders; each becomes a folder of its own name in the archive. */
  roots: readonly string[]
  /** File or folder names that are left out, `*` for any part of a name. */
  exclude: readonly string[]
  overwrite: boolean
  signal?: AbortSignal
}

export interface Archive {
  path: string
  bytes: number
  files: number
  /** Of the zip file. */
  sha256: string
  /** Files and folders that are not in it, or not as they are now. */
  incomplete: readonly Trouble[]
}

const MANIFEST = 'manifest.json'
const ELSEWHERE = '--output /a/folder/elsewhere/FILE.zip'

/**
 * Zips folders, streaming, with a manifest of sha256 sums of what was really read; then reads the archive again and compares. The
 * file appears under its name only when it has passed. Others may write, move and remove the files meanwhile: what is there is
 * archived, and what could not be read or did not stay the same is named.
 * @throws UsageError when `out` is there already
 * @throws EnvironmentError when it can't be written
 */
export async function writeArchive(request: ArchiveRequest): Promise<Archive> {
  const { out, overwrite } = request
  await refuseUnlessFree(out, overwrite)
  const folder = dirname(out)
  await sweepDrafts(folder)
  const draft = await takeDraft(folder).catch((error: unknown) => {
    throw cannotWrite(folder, error, ELSEWHERE)
  })
  try {
    const { sums, incomplete } = await zip(request, draft.file).catch((error: unknown) => {
      throw isErrno(error, 'ENOSPC', 'EDQUOT', 'EROFS', 'EIO')
        ? cannotWrite(folder, error, ELSEWHERE)
        : error
    })
    await verify(draft.path, sums)
    await publish(draft.path, out, overwrite)
    const { size } = await stat(out)
    return {
      ...{ path: out, bytes: size, files: sums.size, sha256: await sha256OfFile(out) },
      incomplete,
    }
  } finally {
    await draft.file.close().catch(() => undefined)
    await rm(draft.path, { force: true })
  }
}

export async function refuseUnlessFree(out: string, overwrite: boolean): Promise<void> {
  const folder = dirname(out)
  if (!(await isFolder(folder)))
    throw new EnvironmentError(`There is no folder ${folder} to put ${basename(out)} in`, {
      code: 'AIB_NO_FOLDER',
      hints: [shellLine('mkdir', '-p', folder)],
    })
  const found = await lstat(out).catch(() => undefined)
  if (found?.isDirectory()) throw new UsageError(`${out} is a folder`, { code: 'AIB_EXISTS' })
  if (found && !overwrite) throw existsAlready(out)
}

function existsAlready(out: string): UsageError {
  return new UsageError(`There is a file ${out} already`, {
    code: 'AIB_EXISTS',
    hints: ['--force   # replaces it', `--output FILE${extname(out)}   # another name`],
  })
}

/** In one step; one that came meanwhile is not replaced unasked, as far as the file system can tell. */
export async function publish(draft: string, out: string, overwrite: boolean): Promise<void> {
  if (!overwrite)
    try {
      return await link(draft, out)
    } catch (error) {
      if (isErrno(error, 'EEXIST')) throw existsAlready(out)
    }
  await rename(draft, out)
}

interface Zipped {
  /** By their names in the archive. */
  sums: ReadonlyMap<string, string>
  incomplete: readonly Trouble[]
}

async function zip({ roots, exclude, signal }: ArchiveRequest, draft: FileHandle): Promise<Zipped> {
  const { ZipArchive } = await import('archiver')
  const archive = new ZipArchive({ zlib: { level: 6 } })
  const sink = draft.createWriteStream()
  const failed = new Promise<never>((_, reject) => {
    archive.once('error', reject)
    archive.once('warning', reject)
    sink.once('error', reject)
  })
  failed.catch(() => undefined)
  archive.pipe(sink)
  const sums = new Map<string, string>()
  const renamed: Record<string, string> = {}
  const incomplete: Trouble[] = []
  for (const root of roots)
    for await (const file of filesBelow(root, exclude, incomplete)) {
      signal?.throwIfAborted()
      const opened = await readWhatIsThere(file, incomplete)
      if (!opened) continue
      const name = freeName(archiveName(file.name), sums)
      if (name !== file.name) renamed[name] = file.name
      const hash = createHash('sha256')
      const source = Readable.from(hashed(opened.chunks, hash), { objectMode: false })
      archive.append(source, { name, date: opened.modified })
      await Promise.race([finished(source, { writable: false }), failed])
      sums.set(name, hash.digest('hex'))
    }
  const manifest = {
    ...{ schema: 'aibench/archive/1', sha256: Object.fromEntries(sums) },
    ...(Object.keys(renamed).length > 0 ? { renamed } : {}),
    ...(incomplete.length > 0 ? { incomplete } : {}),
  }
  archive.append(JSON.stringify(manifest, null, 2), { name: MANIFEST })
  await Promise.race([Promise.all([archive.finalize(), finished(sink)]), failed])
  return { sums, incomplete }
}

async function* hashed(
  chunks: AsyncIterable<Buffer>,
  hash: ReturnType<typeof createHash>,
): AsyncGenerator<Buffer> {
  for await (const chunk of chunks) {
    hash.update(chunk)
    yield chunk
  }
}

/** Zip programs take a backslash for a slash, and refuse control characters or hand them to the terminal. */
function archiveName(name: string): string {
  return name.replaceAll(
    /[\\\u0000-\u001f\u007f-\u009f]/g,
    (letter) => `%${letter.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
  )
}

function freeName(name: string, taken: ReadonlyMap<string, string>): string {
  for (let n = 1; ; n++) {
    const candidate = n === 1 ? name : `${name}~${n}`
    if (!taken.has(candidate) && candidate !== MANIFEST) return candidate
  }
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
