import { quote } from './command-line.js'
import { createHash, randomBytes } from 'node:crypto'
import { constants, createReadStream, createWriteStream, statSync } from 'node:fs'
import {
  access,
  chmod,
  mkdir,
  mkdtemp,
  open,
  readdir,
  rename,
  rm,
  stat,
  writeFile,
  type FileHandle,
} from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'
import { delimiter, dirname, join } from 'node:path'
import { EnvironmentError, isErrno } from './errors.js'

/**
 * Creates a folder that only its owner may enter, and those above it that are not there. Not by `recursive`: Node goes round for ever where
 * a folder is there and says ENOENT to all that is made in it, as those of an automounter do.
 */
export async function makePrivateDir(path: string): Promise<void> {
  const error = await whyNotMade(path)
  if (error === null) return
  if (!isErrno(error, 'ENOENT') || dirname(path) === path) throw error
  await makePrivateDir(dirname(path))
  const still = await whyNotMade(path)
  if (still !== null) throw still
}

async function whyNotMade(path: string): Promise<Error | null> {
  try {
    await mkdir(path, { mode: 0o700 })
    return null
  } catch (error) {
    return (await isFolder(path)) ? null : (error as Error)
  }
}

/**
 * Replaces a file so that a reader sees the old text or the new, never a part, whatever happens in between.
 * The text is on disk before it gets the name.
 */
export async function writeAtomically(path: string, text: string, mode = 0o600): Promise<void> {
  const draft = join(dirname(path), `.${randomBytes(6).toString('hex')}.tmp`)
  try {
    const file = await open(draft, 'wx', mode)
    try {
      await file.writeFile(text)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(draft, path)
  } catch (error) {
    await rm(draft, { force: true })
    throw error
  }
}

/** @returns false when there is a file of that name already */
export async function createExclusively(path: string, text: string): Promise<boolean> {
  try {
    await writeFile(path, text, { flag: 'wx', mode: 0o600 })
    return true
  } catch (error) {
    if (isErrno(error, 'EEXIST')) return false
    throw error
  }
}

/**
 * Makes a folder with one file in it: whole, in one step, or not at all, also where there are no hard links.
 * @returns false when there is one of that name already
 */
export async function createFolderWith(path: string, name: string, text: string): Promise<boolean> {
  const draft = join(dirname(path), `.${randomBytes(6).toString('hex')}.tmp`)
  await mkdir(draft, { mode: 0o700 })
  try {
    await writeFile(join(draft, name), text, { mode: 0o600 })
    await rename(draft, path)
    return true
  } catch (error) {
    await rm(draft, { recursive: true, force: true })
    if (isErrno(error, 'ENOTEMPTY', 'EEXIST')) return false
    throw error
  }
}

export async function writeJson(path: string, value: unknown): Promise<void> {
  await writeAtomically(path, JSON.stringify(value, null, 2) + '\n')
}

/** More than any text that we or our users write by hand; what is larger is another kind of file, given by mistake or written to harm. */
const LONGEST_TEXT_BYTES = 64 * 1024 * 1024

/**
 * @returns undefined when there is no such file
 * @throws EnvironmentError `AIB_FILE_TOO_LARGE`
 */
export async function readTextIfThere(
  path: string,
  mostBytes = LONGEST_TEXT_BYTES,
): Promise<string | undefined> {
  try {
    const file = await open(path, 'r')
    try {
      return (await readAll(file, path, mostBytes)).toString('utf8')
    } finally {
      await file.close()
    }
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR')) return undefined
    throw error
  }
}

/** To the end, also of a pipe or of a file that grows meanwhile, but never more than the bound. */
async function readAll(file: FileHandle, path: string, mostBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = []
  let bytes = 0
  for (;;) {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(64 * 1024), 0, 64 * 1024, null)
    if (bytesRead === 0) return Buffer.concat(chunks)
    bytes += bytesRead
    if (bytes > mostBytes)
      throw new EnvironmentError(
        `${path} holds more than ${mostBytes} bytes: not the kind of file expected there`,
        { code: 'AIB_FILE_TOO_LARGE', hints: [`ls -l ${quote(path)}`] },
      )
    chunks.push(buffer.subarray(0, bytesRead))
  }
}

/** The first bytes of a file that may be of any size, as text. @returns undefined when there is no such file */
export async function readHeadIfThere(path: string, bytes: number): Promise<string | undefined> {
  try {
    const file = await open(path, 'r')
    try {
      const length = Math.min(bytes, (await file.stat()).size)
      const { bytesRead, buffer } = await file.read(Buffer.alloc(length), 0, length, 0)
      return buffer.toString('utf8', 0, bytesRead)
    } finally {
      await file.close()
    }
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR')) return undefined
    throw error
  }
}

/** @returns undefined when there is no such file, or when it does not hold JSON (a writer may be in the middle of it) */
export async function readJsonIfThere(path: string): Promise<unknown> {
  const text = await readTextIfThere(path)
  if (text === undefined) return undefined
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

export async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  )
}

export async function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  )
}

/** The program's full path as a shell would find it, or undefined. */
export async function findProgram(
  name: string,
  variables: Readonly<Record<string, string | undefined>>,
): Promise<string | undefined> {
  const candidates = name.includes('/')
    ? [name]
    : (variables.PATH ?? '')
        .split(delimiter)
        .filter(Boolean)
        .map((folder) => join(folder, name))
  for (const candidate of candidates) {
    const runnable = await access(candidate, constants.X_OK).then(
      () => true,
      () => false,
    )
    if (runnable && (await stat(candidate)).isFile()) return candidate
  }
  return undefined
}

/** Removes a file, or a folder with everything in it; no error when it is not there. */
export async function removeTree(path: string): Promise<void> {
  await rm(path, { recursive: true, force: true })
}

/** All of standard input. */
export async function readStdin(): Promise<string> {
  let text = ''
  process.stdin.setEncoding('utf8')
  for await (const chunk of process.stdin) text += chunk
  return text
}

/** Streams: a container image is many GiB. */
export async function sha256OfFile(path: string): Promise<string> {
  const hash = createHash('sha256')
  await pipeline(createReadStream(path, { highWaterMark: 1 << 20 }), hash)
  return hash.digest('hex')
}

/** Bytes of all files in a folder. */
export async function treeBytes(dir: string): Promise<number> {
  const entries = await readdir(dir, { recursive: true, withFileTypes: true })
  const sizes = await Promise.all(
    entries
      .filter((entry) => entry.isFile())
      .map(async ({ parentPath, name }) => (await stat(join(parentPath, name))).size),
  )
  return sizes.reduce((sum, size) => sum + size, 0)
}

/** Adds files to the end of another and removes them; streams. */
export async function appendFiles(path: string, others: readonly string[]): Promise<void> {
  for (const other of others) {
    await pipeline(createReadStream(other), createWriteStream(path, { flags: 'a' }))
    await rm(other)
  }
}

/** Takes `bytes` or a little more off the end of a file of lines, and leaves whole lines: makes room on a disk that is full. */
export async function dropLastLines(path: string, bytes: number): Promise<void> {
  const file = await open(path, 'r+')
  try {
    const { size } = await file.stat()
    const end = Math.max(0, size - bytes)
    const from = Math.max(0, end - LONGEST_LINE_BYTES)
    const tail = Buffer.alloc(end - from)
    await file.read(tail, 0, tail.length, from)
    await file.truncate(from + tail.lastIndexOf('\n') + 1)
  } finally {
    await file.close()
  }
}

const LONGEST_LINE_BYTES = 1 << 16

/** What is in a folder; nothing when it is not there. */
export async function listNames(dir: string): Promise<string[]> {
  try {
    return await readdir(dir)
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return []
    throw error
  }
}

/** A new folder beside where its content will go; `prefix` is a path. */
export function makeDraftDir(prefix: string): Promise<string> {
  return mkdtemp(prefix)
}

/** Gives a finished folder its name in one step, by default for others to read. @throws ENOTEMPTY when something is there already */
export async function moveInto(draft: string, target: string, mode = 0o755): Promise<void> {
  await chmod(draft, mode)
  await rename(draft, target)
}

/** In bytes; undefined when there is no such file. */
export async function sizeIfThere(path: string): Promise<number | undefined> {
  return stat(path).then(
    ({ size }) => size,
    () => undefined,
  )
}

/** What says, without reading it, whether a file is still the same one. @returns undefined when there is no such file */
export async function fileStamp(path: string): Promise<string | undefined> {
  return stat(path).then(
    ({ size, mtimeMs }) => `${size} ${mtimeMs}`,
    () => undefined,
  )
}

/** The same at once: of some paths several times a second it costs a tenth. */
export function fileStampNow(path: string): string | undefined {
  try {
    const { size, mtimeMs } = statSync(path)
    return `${size} ${mtimeMs}`
  } catch {
    return undefined
  }
}
