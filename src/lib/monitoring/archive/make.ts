import { join } from 'node:path'
import type { Clock } from '../../platform/clock.js'
import { copyFile, filesOfTree, type FileSum } from '../../platform/copy-tree.js'
import { cannotWrite } from '../../platform/cannot-write.js'
import { isErrno } from '../../platform/errors.js'
import {
  exists,
  makeDraftDir,
  makePrivateDir,
  moveInto,
  readTextIfThere,
  removeTree,
  writeJson,
} from '../../platform/files.js'
import type { Http } from '../../platform/http.js'
import type { StoreAddress } from '../store.js'
import { countUntilSettled, takeSnapshot } from './ask.js'
import { blockTotals } from './blocks.js'
import { MANIFEST, manifestSchema, readManifest, type Manifest } from './manifest.js'

export interface ArchiveOrder {
  /** A folder that is there; the archive becomes `archive` in it, in place of one of the same life of the job; any other becomes `archive-1`, `archive-2`… */
  into: string
  /** Of aibench. */
  version: string
  instance: Manifest['instance']
  prometheus: {
    version: string | null
    /** Null when it is gone: then its data is copied as it lies there. */
    api: StoreAddress | null
    /** Its data, on this node. */
    tsdb: string
  }
  /** By the folder's name in the archive: what else is kept. One that is not there is passed over. */
  folders: Readonly<Record<string, string>>
  /** Text files in which one of these stands are left out. */
  secrets: readonly string[]
}

export interface MadeArchive {
  path: string
  manifest: Manifest
  bytes: number
}

/** Never archived, whatever they hold: passwords, and hashes of passwords. */
const SECRET_FILES = ['*.password', '*.token', '*.header', '*.key', '*.pem', '*web.yml', '*.db']
/** Of a running Prometheus; of no use to another. */
const OF_THE_PROCESS = [
  'snapshots',
  'lock',
  'queries.active',
  '*.tmp-for-creation',
  '*.tmp-for-deletion',
]
/** A configuration is shorter. */
const LONGEST_TEXT = 16 * 1024 * 1024

/**
 * Keeps the figures and what is needed to read them. The archive appears under its name when it is whole. Prometheus makes a snapshot of
 * what it holds, which goes on meanwhile; when it can't (it is gone, its disk is full), its data is copied with the log that it replays.
 * @throws EnvironmentError when it can't be written
 */
export async function makeArchive(
  { http, clock }: { http: Http; clock: Pick<Clock, 'now'> },
  order: ArchiveOrder,
): Promise<MadeArchive> {
  const { into, prometheus } = order
  const draft = await makeDraftDir(join(into, '.archive-')).catch((error: unknown) => {
    throw cannotWrite(into, error)
  })
  try {
    const taken = await takeData(http, order, join(draft, 'tsdb'))
    const files: Record<string, FileSum> = Object.fromEntries(
      Object.entries(taken.files).map(([name, sum]) => [`tsdb/${name}`, sum]),
    )
    const leftOut: string[] = []
    for (const [folder, from] of Object.entries(order.folders)) {
      const kept = await copyTexts(from, join(draft, folder), order.secrets)
      for (const [name, sum] of Object.entries(kept.files)) files[`${folder}/${name}`] = sum
      leftOut.push(...kept.leftOut.map((name) => `${folder}/${name}`))
    }
    const totals = await blockTotals(join(draft, 'tsdb'))
    const { api } = prometheus
    const manifest: Manifest = {
      schema: manifestSchema,
      aibench: order.version,
      prometheus: prometheus.version,
      at: clock.now().toISOString(),
      instance: order.instance,
      kind: taken.why === undefined ? 'snapshot' : 'copy',
      ...(taken.why === undefined ? {} : { why: taken.why }),
      ...totals,
      counted: taken.why === undefined && api ? await countUntilSettled(http, api, totals) : null,
      ...{ leftOut, files },
    }
    await writeJson(join(draft, MANIFEST), manifest)
    const path = join(into, 'archive')
    await makeWay(path, manifest.instance)
    await moveInto(draft, path, 0o700)
    const bytes = Object.values(files).reduce((sum, file) => sum + file.bytes, 0)
    return { path, manifest, bytes }
  } catch (error) {
    throw isErrno(error, 'ENOSPC', 'EDQUOT', 'EROFS', 'EIO', 'EACCES')
      ? cannotWrite(into, error)
      : error
  } finally {
    await removeTree(draft)
  }
}

interface Taken {
  files: Record<string, FileSum>
  /** Why it is no snapshot. */
  why?: string
}

async function takeData(
  http: Http,
  { prometheus: { api, tsdb } }: ArchiveOrder,
  to: string,
): Promise<Taken> {
  const snapshot = api === null ? 'it had ended' : await snapshotOf(http, api)
  if (typeof snapshot === 'string')
    return { files: await copyAll(tsdb, to, OF_THE_PROCESS), why: snapshot }
  const from = join(tsdb, 'snapshots', snapshot.name)
  try {
    return { files: await copyAll(from, to, []) }
  } finally {
    await removeTree(from)
  }
}

/** @returns its name, or why there is none */
async function snapshotOf(http: Http, api: StoreAddress): Promise<{ name: string } | string> {
  try {
    return { name: await takeSnapshot(http, api) }
  } catch (error) {
    const said = error instanceof Error ? error.message : String(error)
    // It goes on with where, and with what it could not tidy up.
    return said.split('\n')[0]
  }
}

async function copyAll(
  from: string,
  to: string,
  exclude: readonly string[],
): Promise<Record<string, FileSum>> {
  await makePrivateDir(to)
  const files: Record<string, FileSum> = {}
  for (const { path, name } of await filesOfTree(from, exclude))
    files[name] = await copyFile(path, join(to, name))
  return files
}

async function copyTexts(
  from: string,
  to: string,
  secrets: readonly string[],
): Promise<{ files: Record<string, FileSum>; leftOut: string[] }> {
  const files: Record<string, FileSum> = {}
  const leftOut: string[] = []
  if (!(await exists(from))) return { files, leftOut }
  for (const { path, name } of await filesOfTree(from, SECRET_FILES)) {
    const text = await readTextIfThere(path, LONGEST_TEXT)
    if (text === undefined) continue
    if (secrets.some((secret) => text.includes(secret))) leftOut.push(name)
    else files[name] = await copyFile(path, join(to, name))
  }
  return { files, leftOut }
}

/** What was made earlier in this life of the job is part of what is made now. After a requeue the figures begin again. */
async function makeWay(path: string, { id, life }: Manifest['instance']): Promise<void> {
  const text = await readTextIfThere(join(path, MANIFEST))
  if (text === undefined) return removeTree(path)
  const { instance } = readManifest(text, path)
  if (instance.id === id && instance.life === life) return removeTree(path)
  for (let n = 1; ; n++) {
    const other = `${path}-${n}`
    if (!(await exists(other))) return moveInto(path, other, 0o700)
  }
}
