/** Partition (the default one has a `*`) and generic resources, of every kind of node: `gpu*|gpu:a100:4(S:0-1)`, `cpu|(null)`. */
export const GRES_FORMAT = '%P|%G'

/**
 * The most GPUs, of that type where one is given, that one node of the partition has, from `sinfo --format=%P|%G`; a node may name several kinds.
 * @returns undefined when sinfo said nothing of the partition
 */
export function mostGpus(
  stdout: string,
  partition: string | undefined,
  type?: string,
): number | undefined {
  const rows = stdout.split('\n').filter(Boolean)
  const counts = rows
    .map((row) => row.split('|'))
    .filter(([name]) => partition !== undefined || name.endsWith('*'))
    .map(([, gres]) => gpusIn(gres ?? '', type))
  return counts.length === 0 ? undefined : Math.max(...counts)
}

function gpusIn(gres: string, type: string | undefined): number {
  // A comma inside brackets belongs to a list of sockets: gpu:a100:4(S:0,2).
  const kinds = gres.replaceAll(/\([^)]*\)/g, '').split(',')
  const counts = kinds.map((kind) => {
    const [, has, count] = /^gpu(?::([^:]+))?:(\d+)$/.exec(kind) ?? []
    return type === undefined || has?.toLowerCase() === type.toLowerCase() ? (count ?? 0) : 0
  })
  return counts.reduce<number>((sum, count) => sum + Number(count), 0)
}
