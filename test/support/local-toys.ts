import { cp, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Workload } from '../../src/lib/jobs/contract.js'
import { systemProcesses } from '../../src/lib/platform/processes.js'
import { createLocalScheduler } from '../../src/lib/scheduler/local/scheduler.js'
import { ROOT } from './cli.js'
import type { FakeContext } from './context.js'
import { clock } from './surroundings.js'
import { atRealTime, contextOf } from './toys.js'

/** The workload as a job of this machine, with the scripts that it would have on a cluster; its options may say what it runs in bash. */
export async function here(
  workload: Workload,
  command: readonly string[] = [],
): Promise<FakeContext> {
  workload.prepare = async (_, { run, hold }, { runDir }) => {
    const words = typeof run === 'string' ? ['bash', '-c', run] : command
    await writeFile(join(runDir, 'command'), words.map((word) => `${word}\n`).join(''))
    const environment: Record<string, string> = hold ? { AIBENCH_HOLD: 'yes' } : {}
    return { environment, description: 'a toy', provenance: {} }
  }
  const context = atRealTime(await contextOf(workload))
  const installDir = join(context.folder, 'install')
  await cp(join(ROOT, 'slurm'), join(installDir, 'slurm'), { recursive: true })
  await cp(join(ROOT, 'test/fixtures/slurm'), join(installDir, 'slurm'), { recursive: true })
  const environment = { ...context.environment, installDir }
  const processes = systemProcesses
  const scheduler = createLocalScheduler({ clock, environment, processes })
  await context.state.update((draft) => void (draft.instances = {}))
  return Object.assign(context, { environment, processes, scheduler: () => scheduler })
}

export const startOf = (service: string, wait: boolean) => ({
  ...{ service, options: {}, scheduler: 'local' as const, resources: {}, wait },
  timeoutMs: 60_000,
})

export const askFor = (service: string) => ({
  ...{ service, wait: false, timeoutMs: 60_000, force: false },
})
