import { basename, join } from 'node:path'
import type { RepairReport } from './contract.js'
import { listRunDirectories, readJobRecord, readRunRecord } from './run-directories.js'
import { isProvenEnd, type Instance, type Run, type State } from './schema.js'

/**
 * Makes instances and runs from the run directories alone. An instance that is known to have ended comes back as that; whether the job of
 * any other is alive, and how it ended, is found out by the next look at the scheduler and at the receipt.
 */
export async function rebuild(
  runsDir: string,
): Promise<{ state: Pick<State, 'instances' | 'runs'>; skipped: RepairReport['skipped'] }> {
  const instances: Record<string, Instance> = {}
  const runs: Record<string, Run> = {}
  const skipped: { dir: string; why: string }[] = []
  for (const dir of await listRunDirectories(runsDir)) {
    const record = await readJobRecord(dir)
    const found = await runsIn(dir, record !== undefined)
    for (const run of found) runs[run.id] = run
    if (record)
      instances[record.instance.id] = asSubmitted(withLastResult(record.instance, found), dir)
    else if (found.length === 0)
      skipped.push({ dir: basename(dir), why: 'neither job.json nor run.json can be read' })
  }
  return { state: { instances, runs }, skipped }
}

function withLastResult(instance: Instance, runs: readonly Run[]): Instance {
  const [newest] = runs
    .filter(({ summary }) => summary !== null)
    .sort((a, b) => b.startedAt.localeCompare(a.startedAt))
  return { ...instance, lastResult: instance.lastResult ?? newest?.summary ?? null }
}

/** An end that is proven stands. Else past `intended`: a job which nobody knows any more is told as lost and not waited for. */
function asSubmitted(instance: Instance, runDir: string): Instance {
  if (isProvenEnd(instance)) return { ...instance, runDir, submittingUntil: null }
  return { ...instance, runDir, phase: 'submitted', submittingUntil: null }
}

/** The run that the folder itself is, and those of a job that were made of it. */
async function runsIn(dir: string, isJob: boolean): Promise<Run[]> {
  const dirs = isJob ? [dir, ...(await listRunDirectories(join(dir, 'bench')))] : [dir]
  const runs = await Promise.all(dirs.map((one) => readRunRecord(one)))
  return runs.filter((run) => run !== undefined)
}

type Records = Pick<State, 'instances' | 'runs'>

/** What the state file knew goes before what the run directories tell, but for an end that only they know. */
export function merged(rebuilt: Records, known: Records): Records {
  const instances = { ...rebuilt.instances, ...known.instances }
  for (const [id, instance] of Object.entries(rebuilt.instances))
    if (isProvenEnd(instance) && !isProvenEnd(instances[id]))
      instances[id] = { ...instance, lastResult: instances[id].lastResult ?? instance.lastResult }
  const runs = { ...rebuilt.runs, ...known.runs }
  for (const [id, run] of Object.entries(rebuilt.runs))
    if (runs[id].verdict === 'running') runs[id] = run
  return { instances, runs }
}
