import { join } from 'node:path'
import { OWNER, writeLife } from '../instrument/process/life.js'
import { makePrivateDir, removeTree } from '../platform/files.js'
import { shortId } from '../platform/identifiers.js'
import { createRunDirectory, writeRunRecord } from '../state/run-directories.js'
import type { Run } from '../state/schema.js'
import type { Context } from '../jobs/contract.js'
import { readFacts } from '../jobs/facts.js'
import type { Target } from './target.js'

/** A benchmark in the records: there from its first moment, so that one that was killed is seen too. */
export async function openRun(
  context: Context,
  service: string,
  { label, observation }: Pick<Target, 'label' | 'observation'>,
  about: Pick<Run, 'subject' | 'load'> = {},
): Promise<Run> {
  const id = shortId()
  const facts = observation && (await readFacts(context, observation.instance))
  const dir = observation
    ? join(observation.instance.runDir, 'bench', id)
    : await createRunDirectory(context, { id, service: `${service}-url` })
  await makePrivateDir(dir)
  await writeLife(dir, OWNER)
  const run: Run = {
    id,
    service,
    instance: observation?.instance.id ?? null,
    job: null,
    target: label,
    dir,
    startedAt: context.clock.now().toISOString(),
    endedAt: null,
    verdict: 'running',
    summary: null,
    ...about,
    ...(facts?.hardware ? { hardware: facts.hardware.text } : {}),
  }
  try {
    await recordRun(context, run)
  } catch (error) {
    // Nothing was measured yet: what nobody knows of must not stay.
    await removeTree(dir)
    throw error
  }
  return run
}

/** In the state for every command; beside the results for the day the state is lost. */
export async function recordRun(context: Context, run: Run): Promise<void> {
  await writeRunRecord(run)
  await context.state.update((draft) => {
    draft.runs[run.id] = run
    const instance = run.instance === null ? undefined : draft.instances[run.instance]
    if (instance && run.summary !== null) instance.lastResult = run.summary
  })
}

/** A run that was closed with a result keeps it, whatever is thrown about that result. */
export async function markFailed(context: Context, { id }: Run): Promise<void> {
  const { runs } = await context.state.read()
  if (runs[id]?.verdict !== 'running') return
  await recordRun(context, {
    ...runs[id],
    verdict: context.signal.aborted ? 'interrupted' : 'failed',
    endedAt: context.clock.now().toISOString(),
  })
}
