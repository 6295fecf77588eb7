import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { isFolder } from './files.js'
import { filesBelow, type Trouble } from './tree-reader.js'

/** Files by their names, wherever they are kept. */
export interface FileSource {
  /** By name, with `/` between folders, from the root of the source on: how many bytes each holds. */
  files: ReadonlyMap<string, number>
  read(name: string): Promise<AsyncIterable<Buffer>>
  close(): void
}

/** Of a folder, or of a .zip. @throws the system's or the zip reader's error */
export async function openFiles(path: string): Promise<FileSource> {
  return (await isFolder(path)) ? folderFiles(path) : zipFiles(path)
}

async function folderFiles(folder: string): Promise<FileSource> {
  const files = new Map<string, number>()
  const paths = new Map<string, string>()
  const troubles: Trouble[] = []
  for await (const { path, name } of filesBelow(folder, [], troubles, '.')) {
    files.set(name.slice(2), (await stat(path)).size)
    paths.set(name.slice(2), path)
  }
  const [trouble] = troubles
  if (trouble) throw new Error(`${folder}/${trouble.file}: ${trouble.why}`)
  return {
    files,
    read: (name) => Promise.resolve(createReadStream(paths.get(name)!)),
    close: () => undefined,
  }
}

async function zipFiles(path: string): Promise<FileSource> {
  const { default: yauzl } = await import('yauzl')
  const zip = await yauzl.openPromise(path, { autoClose: false })
  const entries = new Map<string, Parameters<typeof zip.openReadStreamPromise>[0]>()
  try {
    for await (const entry of zip.eachEntry())
      if (!entry.fileName.endsWith('/')) entries.set(entry.fileName, entry)
  } catch (error) {
    zip.close()
    throw error
  }
  return {
    files: new Map([...entries].map(([name, { uncompressedSize }]) => [name, uncompressedSize])),
    read: (name) => zip.openReadStreamPromise(entries.get(name)!),
    close: () => zip.close(),
  }
}

/** The part of a source that is below a folder of it. */
export function filesIn(source: FileSource, folder: string): FileSource {
  const before = folder === '' ? '' : `${folder}/`
  return {
    files: new Map(
      [...source.files]
        .filter(([name]) => name.startsWith(before))
        .map(([name, bytes]) => [name.slice(before.length), bytes]),
    ),
    read: (name) => source.read(before + name),
    close: () => source.close(),
  }
}

/** All of a file that is no longer than `mostBytes`. */
export async function readFileOf(
  source: FileSource,
  name: string,
  mostBytes: number,
): Promise<string | undefined> {
  const bytes = source.files.get(name)
  if (bytes === undefined || bytes > mostBytes) return undefined
  const chunks: Buffer[] = []
  for await (const chunk of await source.read(name)) chunks.push(chunk)
  return Buffer.concat(chunks).toString('utf8')
}
