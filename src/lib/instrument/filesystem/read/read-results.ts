import { stat } from 'node:fs/promises'
import { basename } from 'node:path'
import { EnvironmentError, isErrno, UsageError } from '../../../platform/errors.js'
import { packingOf, textsIn, type Packing } from './archive.js'
import { assemble } from './assemble.js'
import { contentsOf, type Contents } from './contents.js'
import type { Note, Reading, ReadResult } from './contract.js'
import { filesBelow, readText, reasonOf, type FoundPath, type FoundText } from './files.js'
import type { Refusal } from './text-taker.js'

const READABLE: readonly string[] = ['gzip', 'tar', 'zip'] satisfies Packing[]
const ARCHIVE = /\.(?:tgz|tar|tar\.gz|zip)$/i
/** Beside each other in one folder; more of them are somebody's collection, to be named one by one. */
const MAX_ARCHIVES = 20
/** All the text of one call; a result of 12,288 ranks has 300 KB. */
const MAX_CHARACTERS = 2 ** 28

/** @returns false once no more is taken */
type Take = (found: FoundText) => boolean

/** {@link read}, without what was passed over. */
export async function readResults(path: string): Promise<ReadResult[]> {
  return (await read(path)).results
}

/**
 * Everything that IO500, IOR and mdtest left at a path: a directory of any shape, an archive of one (.tgz, .tar, .zip), or a file. What
 * each file is, is told by what is in it. The files of one run become one result; what is damaged or cut gives what is left of it.
 * @throws UsageError when there is nothing, or nothing of theirs; EnvironmentError when it may not be read
 */
export async function read(path: string): Promise<Reading> {
  const notes: Note[] = []
  const kind = await kindOf(path)
  const all: Contents[] = []
  const refusals: Refusal[] = []
  let left = MAX_CHARACTERS
  const take: Take = (found) => {
    if ('refusal' in found) refusals.push(found.refusal)
    else {
      left -= found.text.length
      if (left >= 0) all.push(contentsOf(found.text, found.file))
      else notes.push({ file: found.file, text: 'and what comes after it was not read: too much' })
    }
    return left >= 0
  }
  if (kind === 'directory') await readDirectory(path, notes, take)
  else await readFile({ path, file: basename(path) }, notes, take)
  const results = assemble(all)
  if (results.length === 0) throw nothingIn(path, kind, refusals, notes)
  return { results, notes }
}

async function readDirectory(path: string, notes: Note[], take: Take): Promise<void> {
  const files = await filesBelow(path, notes)
  const [archives, others] = [files.filter(isArchive), files.filter((file) => !isArchive(file))]
  let isAny = false
  for (const file of others) {
    const found = await readText(file, notes)
    if (!found) continue
    isAny ||= /(?:^|\/)result(?:_summary)?\.txt$/.test(found.file)
    if (!take(found)) return
  }
  // io500.sh packs what lies beside it: the same results again.
  if (isAny) return
  for (const { path: archive, file } of archives.slice(0, MAX_ARCHIVES))
    await readFile({ path: archive, file }, notes, (found) =>
      take({ ...found, file: `${file}/${found.file}` }),
    )
}

function isArchive({ file }: FoundPath): boolean {
  return ARCHIVE.test(file)
}

async function readFile(found: FoundPath, notes: Note[], take: Take): Promise<void> {
  const packing = await packingOf(found.path)
  if (packing === null) {
    const text = await readText(found, notes)
    if (text) take(text)
    return
  }
  if (!isReadable(packing)) {
    notes.push({ file: found.file, text: `is packed with ${packing}: unpack it first` })
    return
  }
  for await (const text of textsIn(found.path, packing, notes)) if (!take(text)) return
}

function isReadable(packing: string): packing is Packing {
  return READABLE.includes(packing)
}

async function kindOf(path: string): Promise<'directory' | 'file'> {
  try {
    const found = await stat(path)
    if (found.isDirectory()) return 'directory'
    if (found.isFile()) {
      await packingOf(path)
      return 'file'
    }
  } catch (error) {
    if (isErrno(error, 'EACCES', 'EPERM'))
      throw new EnvironmentError(`${path} can’t be read: permission denied`, {
        code: 'AIB_RESULT_UNREADABLE',
        // io500 makes its result directory for its user alone.
        hints: ['its owner can open it: chmod -R go+rX DIRECTORY'],
        cause: error,
      })
    if (isErrno(error, 'ENOENT', 'ENOTDIR'))
      throw new UsageError(`There is no ${path}`, { code: 'AIB_RESULT_NOT_FOUND', cause: error })
    throw new EnvironmentError(`${path} can’t be read: ${reasonOf(error)}`, {
      ...{ code: 'AIB_RESULT_UNREADABLE', cause: error },
    })
  }
  throw new UsageError(`${path} is neither a file nor a directory`, { code: 'AIB_NO_RESULT' })
}

function nothingIn(
  path: string,
  kind: 'directory' | 'file',
  refusals: readonly Refusal[],
  notes: readonly Note[],
): Error {
  const hints = [
    ...notes.slice(0, 3).map(({ file, text }) => `${file} ${text}`),
    'what is read: a result directory of io500, its .tgz or .zip, result.txt, result_summary.txt, what io500, ior or mdtest printed, and IOR’s JSON and CSV',
  ]
  const details = { code: 'AIB_NO_RESULT', hints }
  if (notes.some(({ text }) => text.includes('permission denied')))
    return new EnvironmentError(`${path} can’t be read: permission denied`, {
      ...{ code: 'AIB_RESULT_UNREADABLE', hints },
    })
  if (kind === 'file' && refusals[0] === 'empty') return new UsageError(`${path} is empty`, details)
  if (kind === 'file' && refusals[0] === 'binary')
    return new UsageError(`${path} is a binary file, no result`, details)
  if (kind === 'file' && refusals[0] === 'ranks')
    return new UsageError(
      `${path} has the figures of the single processes; the result is in the files beside it`,
      details,
    )
  return new UsageError(`${path} holds no result of IO500, IOR or mdtest`, details)
}
