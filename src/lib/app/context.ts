import { systemClock } from '../platform/clock.js'
import { readEnvironment, type Environment } from '../platform/environment.js'
import { EnvironmentError, UsageError } from '../platform/errors.js'
import { findProgram } from '../platform/files.js'
import { systemHttp } from '../platform/http.js'
import { systemProcesses } from '../platform/processes.js'
import { openSettings } from '../platform/settings.js'
import type { Scheduler, SchedulerKind } from '../scheduler/contract.js'
import { createLocalScheduler } from '../scheduler/local/scheduler.js'
import { createSlurmScheduler } from '../scheduler/slurm/scheduler.js'
import { openState } from '../state/store.js'
import type { Context, ContextParts } from '../jobs/contract.js'
import { loadServices } from './catalog.js'

/** The real surroundings of one command. Nothing is read or asked before it is needed. */
export async function createContext(given: ContextParts): Promise<Context> {
  const environment = readEnvironment()
  refuseOddFolders(environment)
  const settings = await openSettings(environment)
  const base = { clock: systemClock, environment, processes: systemProcesses }
  const schedulers = new Map<SchedulerKind, Scheduler>()
  const make: Readonly<Record<SchedulerKind, () => Scheduler>> = {
    slurm: () => createSlurmScheduler({ ...base, ...given }),
    local: () => createLocalScheduler(base),
  }
  return {
    ...base,
    ...given,
    ...(await loadServices()),
    settings,
    http: systemHttp,
    state: openState({
      ...base,
      version: given.version,
      onRepair: ({ setAside, instances }) =>
        given.warn(
          `the state file was corrupt; rebuilt with ${instances} instances, the old one is ${setAside}`,
        ),
    }),
    scheduler(kind) {
      const known = schedulers.get(kind) ?? make[kind]()
      schedulers.set(kind, known)
      return known
    },
    async defaultScheduler() {
      const wanted = settings.get('scheduler')
      if (wanted === 'slurm' || wanted === 'local') return wanted
      if (wanted !== undefined)
        throw new UsageError(`The setting scheduler is neither slurm nor local: "${wanted}"`, {
          hints: ['aibench config unset scheduler'],
        })
      return (await findProgram('sbatch', environment.variables)) ? 'slurm' : 'local'
    },
  }
}

/** Slurm reads a backslash in a log's name as a sign of its own, and lines of settings end at a line end: no job could run there. */
function refuseOddFolders({ stateDir, runsDir }: Environment): void {
  for (const folder of [stateDir, runsDir])
    if (/[\\\u0000-\u001f\u007f]/.test(folder))
      throw new EnvironmentError(
        `A folder whose name holds a backslash or a control character can't be used: ${JSON.stringify(folder)}`,
        { code: 'AIB_ODD_FOLDER', hints: ['AIBENCH_HOME=/a/folder/elsewhere aibench …'] },
      )
}
