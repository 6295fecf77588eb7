import { rm, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { finished } from 'node:stream/promises'
import { publish, refuseUnlessFree } from './archive.js'
import { cannotWrite } from './cannot-write.js'
import { sweepDrafts, takeDraft } from './drafts.js'
import { isErrno } from './errors.js'

export interface Packed {
  /** In the archive. */
  name: string
  content: Buffer | string
  modified?: Date
}

const ELSEWHERE = '--output /a/folder/elsewhere/FILE.tgz'

/**
 * A .tgz of these files, in their order. It appears under its name when it is whole.
 * @throws UsageError when `out` is there already
 * @throws EnvironmentError when it can't be written
 */
export async function writeTarball(
  out: string,
  files: readonly Packed[],
  { overwrite }: { overwrite: boolean },
): Promise<{ path: string; bytes: number; files: number }> {
  await refuseUnlessFree(out, overwrite)
  const folder = dirname(out)
  await sweepDrafts(folder)
  const draft = await takeDraft(folder).catch((error: unknown) => {
    throw cannotWrite(folder, error, ELSEWHERE)
  })
  try {
    const { TarArchive } = await import('archiver')
    const archive = new TarArchive({ gzip: true })
    const sink = draft.file.createWriteStream()
    const failed = new Promise<never>((_, reject) => {
      archive.once('error', reject)
      sink.once('error', reject)
    })
    failed.catch(() => undefined)
    archive.pipe(sink)
    for (const { name, content, modified } of files)
      archive.append(content, { name, date: modified })
    await Promise.race([Promise.all([archive.finalize(), finished(sink)]), failed])
    await publish(draft.path, out, overwrite)
    return { path: out, bytes: (await stat(out)).size, files: files.length }
  } catch (error) {
    throw isErrno(error, 'ENOSPC', 'EDQUOT', 'EROFS', 'EIO')
      ? cannotWrite(folder, error, ELSEWHERE)
      : error
  } finally {
    await draft.file.close().catch(() => undefined)
    await rm(draft.path, { force: true })
  }
}
