import type { Context } from '../../jobs/contract.js'
import { startInstance } from '../../jobs/start.js'
import { aibench } from '../../platform/command-line.js'
import { EnvironmentError } from '../../platform/errors.js'
import { removeTree } from '../../platform/files.js'
import { removeFolders, removeShare } from '../../platform/shared-removal.js'
import { formatCount } from '../../platform/units.js'
import { isProvenEnd, type Instance } from '../../state/schema.js'
import {
  cleanedText,
  NOTHING_CLEANED,
  readCleaned,
  type Cleaned,
  type CleanedRun,
} from './cleaned.js'
import { leftOverOf, type LeftOver } from './left-over.js'
import { LUSTRE } from './words.js'

/**
 * Removes the test files that an instance has left, or those that ran in its allocation. On Slurm a job does that, with all the nodes of the
 * run: in the allocation that is held, if any. It is no run, and nothing stays of it.
 * @throws EnvironmentError `AIB_LEFT_OVER` where something is still there
 */
export async function cleanUpAfter(context: Context, id: string): Promise<CleanedRun[]> {
  const { instances } = await context.state.read()
  const runs = Object.values(instances).filter(
    (one) => one.shape === 'batch' && (one.id === id || one.allocation === id),
  )
  const cleaned: CleanedRun[] = []
  for (const run of runs) {
    const left = await leftOverOf(run.runDir)
    if (left)
      cleaned.push({ run: run.name, folder: left.folder, ...(await remove(context, run, left)) })
  }
  return cleaned
}

async function remove(context: Context, run: Instance, left: LeftOver) {
  const cleaned =
    run.scheduler === 'local' ? await removeHere(context, left) : await removeByJob(context, run)
  const { files, seconds, troubles } = cleaned
  if (!(await leftOverOf(run.runDir))) return { files, seconds }
  throw new EnvironmentError(`Not all test files of ${run.name} could be removed`, {
    code: 'AIB_LEFT_OVER',
    where: left.folder,
    evidence: [cleanedText(cleaned), ...troubles].at(-1),
    hints: [`ls -la ${left.folder}`, aibench('lustre', 'stop', run.id, '--clean')],
  })
}

async function removeHere(context: Context, { folder }: LeftOver): Promise<Cleaned> {
  const { clock, progress, signal } = context
  const began = clock.monotonicMs()
  const step = progress.step('removing')
  const { files, troubles } = await removeShare(folder, {
    ...{ index: 0, of: 1 },
    isOver: () => signal.aborted,
    onRemoved: (removed) => {
      if (removed % 1000 === 0) step.update(`${formatCount(removed)} files`)
    },
  })
  signal.throwIfAborted()
  await removeFolders(folder)
  step.done(`${formatCount(files)} files`)
  return { files, seconds: (clock.monotonicMs() - began) / 1000, left: null, troubles }
}

async function removeByJob(context: Context, run: Instance): Promise<Cleaned> {
  const { id, nodes, tasksPerNode, runDir, scheduler } = run
  const { instance } = await startInstance(context, {
    service: LUSTRE.kind,
    name: `clean-${id}`,
    in: await holderOf(context, nodes),
    options: { task: 'clean', cleans: runDir },
    scheduler,
    resources: { nodes, tasksPerNode },
    wait: true,
    timeoutMs: LUSTRE.startTimeoutMs,
  })
  const { [instance.id]: job } = (await context.state.read()).instances
  const cleaned = await readCleaned(job.runDir)
  if (isProvenEnd(job)) await forget(context, job)
  return cleaned ?? NOTHING_CLEANED
}

/** One that has as many nodes; a job of its own otherwise. */
async function holderOf(context: Context, nodes: number): Promise<string> {
  const { instances } = await context.state.read()
  const holder = Object.values(instances).find(
    (one) =>
      one.service === LUSTRE.kind &&
      one.shape === 'holding' &&
      one.scheduler === 'slurm' &&
      one.phase === 'ready' &&
      one.nodes >= nodes,
  )
  return holder?.id ?? 'none'
}

async function forget(context: Context, { id, runDir }: Instance): Promise<void> {
  await context.state.update((draft) => void delete draft.instances[id])
  await removeTree(runDir)
}
