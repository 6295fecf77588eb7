import { constants } from 'node:fs'
import { open, opendir, type FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import { isErrno } from '../../../platform/errors.js'
import type { Note } from './contract.js'
import { HEAD_BYTES, TAIL_BYTES, TextTaker, type Refusal } from './text-taker.js'

/** Result directories lie at most some levels deep, beside other things; a whole file system is not searched. */
const MAX_DEPTH = 8
const MAX_ENTRIES = 20_000
const CHUNK_BYTES = 256 * 1024
/** The data of a run, millions of files, and the folders of other tools. */
const PASSED_OVER =
  /^(?:ior[-_](?:easy|hard|rnd\w*)|mdt(?:est)?[-_](?:easy|hard)|mdworkbench|datafiles|node_modules|\.git)$/

/** What starts a run may speak of all that can happen to one. */
const SCRIPT = /\.sh$/

/** A text as it was found; `refusal` says why there is none. */
export type FoundText = { file: string } & ({ text: string } | { refusal: Refusal })

export interface FoundPath {
  path: string
  /** Below the folder that was asked for. */
  file: string
}

/** Regular files, by name; links and all else are left out: they may lead anywhere, or never end. */
export async function filesBelow(folder: string, notes: Note[]): Promise<FoundPath[]> {
  const found: FoundPath[] = []
  let left = MAX_ENTRIES
  const walk = async (path: string, file: string, depth: number): Promise<void> => {
    const folders: FoundPath[] = []
    try {
      for await (const entry of await opendir(path)) {
        if (left-- <= 0) return
        const child = { path: join(path, entry.name), file: file + entry.name }
        if (entry.isDirectory() && !PASSED_OVER.test(entry.name)) folders.push(child)
        else if (entry.isFile() && !SCRIPT.test(entry.name)) found.push(child)
      }
    } catch (error) {
      notes.push({ file: file === '' ? '.' : file, text: `can’t be read: ${reasonOf(error)}` })
    }
    if (depth === MAX_DEPTH) return
    for (const { path: below, file: name } of folders) await walk(below, `${name}/`, depth + 1)
  }
  await walk(folder, '', 0)
  if (left < 0)
    notes.push({ file: '.', text: `has more than ${MAX_ENTRIES} files: the others were not read` })
  return found.sort((a, b) => (a.file < b.file ? -1 : 1))
}

/** @returns undefined when it can't be read; `notes` then say why */
export async function readText(
  { path, file }: FoundPath,
  notes: Note[],
): Promise<FoundText | undefined> {
  try {
    const handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK)
    try {
      return await textOf(handle, file, notes)
    } finally {
      await handle.close()
    }
  } catch (error) {
    notes.push({ file, text: `can’t be read: ${reasonOf(error)}` })
    return undefined
  }
}

async function textOf(handle: FileHandle, file: string, notes: Note[]): Promise<FoundText> {
  const { size } = await handle.stat()
  const taker = new TextTaker()
  const isLarge = size > HEAD_BYTES + TAIL_BYTES
  const isWanted = await pour(handle, 0, isLarge ? HEAD_BYTES : size, taker)
  if (isWanted && isLarge) await pour(handle, size - TAIL_BYTES, size, taker)
  return taken(taker, file, notes)
}

export function taken(taker: TextTaker, file: string, notes: Note[]): FoundText {
  const { refusal } = taker
  if (refusal) return { file, refusal }
  if (taker.isCut)
    notes.push({ file, text: 'is larger than 8 MiB: only its start and its end were read' })
  return { file, text: taker.text() }
}

async function pour(
  handle: FileHandle,
  from: number,
  to: number,
  taker: TextTaker,
): Promise<boolean> {
  for (let at = from; at < to;) {
    const length = Math.min(CHUNK_BYTES, to - at)
    const { bytesRead, buffer } = await handle.read(Buffer.alloc(length), 0, length, at)
    if (bytesRead === 0) break
    if (!taker.push(buffer.subarray(0, bytesRead))) return false
    at += bytesRead
  }
  return true
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'it is gone',
  EACCES: 'permission denied',
  EPERM: 'permission denied',
  EIO: 'the disk can’t read it',
  ESTALE: 'it is gone',
  ELOOP: 'too many links',
  ENXIO: 'it is no regular file',
}

export function reasonOf(error: unknown): string {
  if (isErrno(error, ...Object.keys(REASONS))) return REASONS[error.code!]
  return error instanceof Error ? error.message : String(error)
}
