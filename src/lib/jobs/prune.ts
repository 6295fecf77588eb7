import { basename, dirname, join, resolve } from 'node:path'
import { removeTree, treeBytes } from '../platform/files.js'
import { distrustOf } from '../platform/ownership.js'
import { readJobRecord } from '../state/run-directories.js'
import { isProvenEnd, type Instance } from '../state/schema.js'
import type { Context } from './contract.js'
import { isAliveInstance } from './find.js'
import { mayBeCollected } from './hooks.js'

export interface PruneRequest {
  /** Those that ended so long ago; null for any age. */
  olderThanMs: number | null
  /** So many of the newest that ended stay. */
  keep: number
  withRunDirectories: boolean
  dryRun: boolean
}

export interface PrunedInstance {
  id: string
  name: string
  service: string
  endedAt: string | null
  summary: string
  runDir: string
  /** Of the run directory; null when it is gone or can't be read. */
  bytes: number | null
}

export interface PruneReport extends Pick<PruneRequest, 'dryRun' | 'withRunDirectories'> {
  removed: readonly PrunedInstance[]
  /** Those of the age that stay all the same, with why. */
  kept: readonly { name: string; why: string }[]
}

/**
 * Forgets instances that have ended and, when told so, removes their run directories. Never one that lives or whose end is only a
 * conclusion, and never a folder that is not proven to be the run directory of that instance.
 */
export async function pruneInstances(
  context: Context,
  request: PruneRequest,
): Promise<PruneReport> {
  const { instances } = await context.state.read()
  const ended = Object.values(instances)
    .filter((instance) => !isAliveInstance(instance))
    .sort((a, b) => endOf(b) - endOf(a))
  const now = context.clock.now().getTime()
  const { olderThanMs, dryRun, withRunDirectories } = request
  const old = ended
    .slice(request.keep)
    .filter((instance) => olderThanMs === null || now - endOf(instance) > olderThanMs)
  const removed: PrunedInstance[] = []
  const kept: { name: string; why: string }[] = []
  for (const instance of old) {
    context.signal.throwIfAborted()
    const why =
      whyNotOver(instance) ??
      whyStillNeeded(instance, Object.values(instances)) ??
      (withRunDirectories && (await whyNotItsOwn(context, instance)))
    if (why) {
      kept.push({ name: instance.name, why })
      continue
    }
    const bytes = await treeBytes(instance.runDir).catch(() => null)
    if (withRunDirectories && !dryRun) await removeTree(instance.runDir)
    removed.push({ ...partOf(instance), bytes })
  }
  if (!dryRun && removed.length > 0) await forget(context, removed, withRunDirectories)
  return { dryRun, withRunDirectories, removed, kept }
}

function whyNotOver(instance: Instance): string | undefined {
  if (!isProvenEnd(instance)) return 'its end is not certain'
  return mayBeCollected(instance) ? 'its result is not made yet' : undefined
}

/** What became of a guest is read beside its holder's files too. */
function whyStillNeeded({ id }: Instance, all: readonly Instance[]): string | undefined {
  const guest = all.find(
    (one) => one.allocation === id && (!isProvenEnd(one) || mayBeCollected(one)),
  )
  return guest && `${guest.name} ran in it, and its end is not known yet`
}

function endOf({ endedAt, intendedAt }: Instance): number {
  return Date.parse(endedAt ?? intendedAt)
}

function partOf(instance: Instance): Omit<PrunedInstance, 'bytes'> {
  const { id, name, service, endedAt, outcome, runDir } = instance
  return { id, name, service, endedAt, summary: outcome?.summary ?? '', runDir }
}

/** Undefined for one that is proven, or gone. */
async function whyNotItsOwn(
  { environment }: Context,
  { id, token, runDir }: Instance,
): Promise<string | undefined> {
  if (resolve(dirname(runDir)) !== resolve(environment.runsDir) || !basename(runDir).endsWith(id))
    return `${runDir} is not below ${environment.runsDir}`
  const distrust = await distrustOf(runDir)
  if (distrust !== undefined) return `${runDir} is not trusted: ${distrust}`
  const record = await readJobRecord(runDir)
  const isGone = record === undefined && (await treeBytes(runDir).catch(() => null)) === null
  const isItsOwn = record?.instance.id === id && record.instance.token === token
  return isItsOwn || isGone ? undefined : `${join(runDir, 'job.json')} is not that of this instance`
}

async function forget(
  context: Context,
  removed: readonly PrunedInstance[],
  withRuns: boolean,
): Promise<void> {
  const ids = new Set(removed.map(({ id }) => id))
  await context.state.update((draft) => {
    for (const id of ids) {
      const current = draft.instances[id]
      // Another command may have seen it alive meanwhile.
      if (current && isProvenEnd(current)) delete draft.instances[id]
    }
    // Their results went with the folders.
    if (withRuns)
      for (const run of Object.values(draft.runs))
        if (run.instance !== null && ids.has(run.instance)) delete draft.runs[run.id]
  })
}
