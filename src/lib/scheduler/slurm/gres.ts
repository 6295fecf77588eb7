/** Partition (the default one has a `*`) and generic resources, of every kind of node: `gpu*|gpu:a100:4(S:0-1)`, `cpu|(null)`. */
export const GRES_FORMAT = '%P|%G'

/**
 * The most GPUs that one node of the partition has, from `sinfo --format=%P|%G`; a node may name several kinds.
 * @returns undefined when sinfo said nothing of the partition
 */
export function mostGpus(stdout: string, partition: string | undefined): number | undefined {
  const rows = stdout.split('\n').filter(Boolean)
  const counts = rows
    .map((row) => row.split('|'))
    .filter(([name]) => partition !== undefined || name.endsWith('*'))
    .map(([, gres]) => gpusIn(gres ?? ''))
  return counts.length === 0 ? undefined : Math.max(...counts)
}

function gpusIn(gres: string): number {
  // A comma inside brackets belongs to a list of sockets: gpu:a100:4(S:0,2).
  const kinds = gres.replaceAll(/\([^)]*\)/g, '').split(',')
  const counts = kinds.map((kind) => /^gpu(:[^:]+)?:(\d+)$/.exec(kind)?.[2] ?? 0)
  return counts.reduce<number>((sum, count) => sum + Number(count), 0)
}
