import { formatCount } from '../platform/units.js'
import type { RepairReport } from '../state/contract.js'

export function repairView({ path, setAside, instances, runs, skipped }: RepairReport): string {
  return [
    `${path} rebuilt: ${count(instances, 'instance')}, ${count(runs, 'run')}`,
    ...(setAside ? [`the old file is kept: ${setAside}`] : []),
    ...skipped.map(({ dir, why }) => `left out: ${dir}: ${why}`),
  ].join('\n')
}

function count(n: number, what: string): string {
  return `${formatCount(n)} ${what}${n === 1 ? '' : 's'}`
}
