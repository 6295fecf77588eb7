import { basename, resolve } from 'node:path'
import { writeArchive } from '../../platform/archive.js'
import type { Context } from '../contract.js'
import type { SaveReport, SaveRequest } from '../reports.js'
import { findInstance } from './find.js'

/** Never archived: settings with tokens, the tokens themselves, and databases and caches, which may be of any size. */
const LEFT_OUT = ['job.env', '*.token', '*.header', 'token', 'data', 'tmp']

/** Zips an instance's run directory: logs, receipts and every benchmark of it, with a manifest of sha256 sums. */
export async function saveInstance(context: Context, request: SaveRequest): Promise<SaveReport> {
  const instance = findInstance(await context.state.read(), request.service, request.name)
  const out = resolve(
    context.environment.cwd,
    request.out ?? `aibench-${basename(instance.runDir)}.zip`,
  )
  const step = context.progress.step('saved')
  const archive = await writeArchive({
    out,
    roots: [instance.runDir],
    exclude: LEFT_OUT,
    overwrite: request.out !== undefined,
  })
  step.done(out)
  return { ...archive, leftOut: LEFT_OUT }
}
