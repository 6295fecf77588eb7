import { randomBytes } from 'node:crypto'
import { lstat, open, rm, type FileHandle } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { listNames } from './files.js'
import { processIdentity } from './machine.js'

/**
 * A file beside the one that it will become, which may be in a folder that others write to: its name can't be foreseen, and it is
 * opened only when nothing is there, no link either. The name says who makes it, so that what a killed command left is known.
 */
const DRAFT = /^\.aibench-[0-9a-f]{16}-(\d+)-(\d+)-(.+)\.tmp$/
/** Of a command on another host nobody here can tell whether it lives; none takes so long. */
const ABANDONED_MS = 2 * 86_400_000

/** Makes an empty draft, 0600, and keeps it open: whatever is put in its place later is not written to. */
export async function takeDraft(folder: string): Promise<{ path: string; file: FileHandle }> {
  const { pid, start } = processIdentity(process.pid)
  const id = randomBytes(8).toString('hex')
  const path = join(folder, `.aibench-${id}-${pid}-${start ?? 0}-${hostname()}.tmp`)
  return { path, file: await open(path, 'wx', 0o600) }
}

/** Removes our own drafts whose commands were killed. */
export async function sweepDrafts(folder: string): Promise<void> {
  for (const name of await listNames(folder).catch(() => [])) {
    const [, pid, start, host] = DRAFT.exec(name) ?? []
    if (host === undefined) continue
    const path = join(folder, name)
    const found = await lstat(path).catch(() => undefined)
    if (!found?.isFile() || found.uid !== process.getuid?.()) continue
    const isAbandoned =
      host === hostname()
        ? processIdentity(Number(pid)).start !== start
        : Date.now() - found.mtimeMs > ABANDONED_MS
    if (isAbandoned) await rm(path, { force: true }).catch(() => undefined)
  }
}
