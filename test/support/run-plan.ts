import { join } from 'node:path'
import type { RunPlan } from '../../src/lib/instrument/filesystem/run-plan.js'

/** What was asked of a run in a directory; what a test is about is given. */
export function runPlanIn(dir: string, change: Partial<RunPlan> = {}): RunPlan {
  return {
    id: 'k3f9',
    task: 'io500',
    program: {
      ...{ kind: 'binary', path: 'io500', image: null, module: null },
      ...{ version: null, sha256: null },
    },
    ...{ ini: 'preset debug', preset: 'debug', args: [] },
    ...{ scheduler: 'local', nodes: 1, tasks: 4, repeats: 1, stonewallSeconds: 1 },
    dir,
    dataDir: join(dir, 'aibench-k3f9'),
    layout: 'default',
    fileSystem: { kind: 'posix', name: 'ext4' },
    strict: false,
    launcherMemory: join(dir, 'launchers.json'),
    ...change,
  }
}
