import { basename, join } from 'node:path'
import { sumInto } from '../../platform/copy-tree.js'
import { NotFoundError, UsageError } from '../../platform/errors.js'
import { filesIn, openFiles, readFileOf, type FileSource } from '../../platform/file-source.js'
import { exists, makeDraftDir, moveInto, removeTree } from '../../platform/files.js'
import { damaged, MANIFEST, readManifest, type Manifest } from './manifest.js'

/** Far more than a manifest of thousands of files. */
const LONGEST_MANIFEST = 64 * 1024 * 1024

export interface OpenedArchive {
  /** As it was given. */
  path: string
  manifest: Manifest
  files: FileSource
}

/**
 * Finds the archive in its own folder, in the run directory that it was made in, or in a .zip of either.
 * @throws NotFoundError, UsageError when it is none, is damaged, or is of a newer version
 */
export async function openArchive(path: string): Promise<OpenedArchive> {
  if (!(await exists(path)))
    throw new NotFoundError(`There is no archive ${path}`, { code: 'AIB_NO_ARCHIVE' })
  const source = await openFiles(path).catch((error: unknown) => {
    throw damaged(path, error instanceof Error ? error.message : String(error))
  })
  try {
    const folder = await folderOf(source)
    if (folder === undefined)
      throw new UsageError(`${path} holds no archive of monitors`, { code: 'AIB_NO_ARCHIVE' })
    const files = filesIn(source, folder)
    const text = await readFileOf(files, MANIFEST, LONGEST_MANIFEST)
    if (text === undefined) throw damaged(path, `${MANIFEST} can't be read`)
    return { path, files, manifest: readManifest(text, path) }
  } catch (error) {
    source.close()
    throw error
  }
}

/** Milliseconds since 1970. */
export interface Span {
  from: number
  to: number
}

/** The log of a copy without blocks does not say from when it is. */
const USUAL_MS = 15 * 60_000

/** Of what time an archive is. @throws as {@link openArchive} */
export async function spanOf(path: string): Promise<Span> {
  const { manifest, files } = await openArchive(path)
  files.close()
  const to = manifest.to ?? Date.parse(manifest.at)
  return { from: manifest.from ?? to - USUAL_MS, to }
}

/** The one that was made last: that of `archive`, where there are others from before a requeue. */
async function folderOf(source: FileSource): Promise<string | undefined> {
  // A .zip of a run directory has a manifest of its own.
  const text = await readFileOf(source, MANIFEST, LONGEST_MANIFEST)
  if (text?.includes('"monitors-archive/')) return ''
  for (const name of source.files.keys()) {
    const [, folder] = /^((?:[^/]+\/)?archive)\/manifest\.json$/.exec(name) ?? []
    if (folder !== undefined) return folder
  }
  return undefined
}

/**
 * Reads every file of it and compares with the sums of the manifest.
 * @throws UsageError that names the first that is missing or not as it was
 */
export async function verifyArchive({ path, manifest, files }: OpenedArchive): Promise<void> {
  for (const [name, expected] of Object.entries(manifest.files)) {
    const bytes = files.files.get(name)
    if (bytes === undefined) throw damaged(path, `${name} is missing`)
    if (bytes !== expected.bytes)
      throw damaged(path, `${name} has ${bytes} bytes, not ${expected.bytes}`)
    const { sha256 } = await sumInto(await files.read(name), null).catch((error: unknown) => {
      throw damaged(path, `${name}: ${error instanceof Error ? error.message : String(error)}`)
    })
    if (sha256 !== expected.sha256) throw damaged(path, `${name} is not as it was written`)
  }
}

/**
 * Copies its figures to where a Prometheus may work on them: it writes into its folder, and joins blocks. The folder appears when it is
 * whole, and must not be there.
 * @throws UsageError when a file is not as it was written
 */
export async function restoreData(
  { path, manifest, files }: OpenedArchive,
  to: string,
): Promise<void> {
  const draft = await makeDraftDir(join(to, '..', `.${basename(to)}-`))
  try {
    for (const [name, { sha256 }] of Object.entries(manifest.files)) {
      const [, inside] = /^tsdb\/(.+)$/.exec(name) ?? []
      if (inside === undefined) continue
      if (inside.split('/').includes('..') || !files.files.has(name))
        throw damaged(path, `${name} is missing`)
      const sum = await sumInto(await files.read(name), join(draft, inside))
      if (sum.sha256 !== sha256) throw damaged(path, `${name} is not as it was written`)
    }
    await moveInto(draft, to, 0o700)
  } finally {
    await removeTree(draft)
  }
}
