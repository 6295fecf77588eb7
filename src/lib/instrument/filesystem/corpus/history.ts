import type { FilesystemResult } from '../result.js'
import type { EarlierRun } from './contract.js'

/** What results on the same directory tell of the next run there: complete ones of IO500, each repeat on its own. */
export function historyIn(results: readonly FilesystemResult[], dir: string): EarlierRun[] {
  return results
    .filter(({ workload, fileSystem, simulated }) => {
      return workload.program === 'io500' && fileSystem.dir === dir && !simulated
    })
    .flatMap(({ workload: { nodes, tasks, stonewallSeconds }, repeats }) =>
      repeats
        .filter(({ isComplete }) => isComplete)
        .map(({ phases }) => ({ nodes, procs: tasks, stonewallSeconds, phases })),
    )
}
