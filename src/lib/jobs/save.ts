import { basename, join, resolve } from 'node:path'
import { refuseUnlessFree, writeArchive } from '../platform/archive.js'
import { EnvironmentError, NotFoundError } from '../platform/errors.js'
import { isFolder } from '../platform/files.js'
import { distrustOf } from '../platform/ownership.js'
import type { Context } from './contract.js'
import type { SaveReport, SaveRequest } from './reports.js'
import { findInstance } from './find.js'
import { mayBeCollected } from './hooks.js'
import { reconcile } from './reconcile.js'

/** Never archived: settings with tokens, the tokens themselves, and databases and caches, which may be of any size. */
const LEFT_OUT = ['job.env', '*.token', '*.header', 'token', 'data', 'tmp']

/** Zips an instance's run directory: logs, receipts and every benchmark of it, with a manifest of sha256 sums. */
export async function saveInstance(context: Context, request: SaveRequest): Promise<SaveReport> {
  const instance = findInstance(context, await context.state.read(), request.service, request.name)
  // What a batch job measured is made of its files by whoever comes first.
  if (mayBeCollected(instance)) await reconcile(context, [instance])
  if (!(await isFolder(instance.runDir)))
    throw new NotFoundError(`The run directory of ${instance.name} is gone`, {
      code: 'AIB_RUN_DIRECTORY_GONE',
      where: instance.runDir,
    })
  const distrust = await distrustOf(instance.runDir)
  if (distrust)
    throw new EnvironmentError(`The run directory of ${instance.name} is not trusted`, {
      code: 'AIB_NOT_PRIVATE',
      where: `${instance.runDir}: ${distrust}`,
    })
  const wanted = resolve(context.environment.cwd, request.out ?? '.')
  const out = (await isFolder(wanted))
    ? join(wanted, `aibench-${basename(instance.runDir)}.zip`)
    : wanted
  // Before anything is done for it.
  await refuseUnlessFree(out, request.force)
  const service = context.serviceIfKnown(instance.service)
  if (service?.shape === 'serving' && service.beforeSave) {
    const [{ instance: now }] = await reconcile(context, [instance])
    await service.beforeSave(context, now)
  }
  const step = context.progress.step('saved')
  const archive = await writeArchive({
    out,
    roots: [instance.runDir],
    exclude: LEFT_OUT,
    overwrite: request.force,
    signal: context.signal,
  })
  step.done(`${archive.files} files`)
  return { ...archive, leftOut: LEFT_OUT }
}
