/** GPUs as a user asks for them: of any type or of one, on each node. */
export interface GpuRequest {
  count: number
  /** The site's word: `a100`; null for any. */
  type: string | null
}

/** `4`, `a100:4`; also in the spelling of generic resources, `gpu:4`, `gpu:a100:4`. @returns undefined for anything else */
export function parseGpus(text: string): GpuRequest | undefined {
  const [, type, count] = /^(?:gpu:(?=.))?(?:([A-Za-z][\w.-]*):)?(\d{1,4})$/.exec(text.trim()) ?? []
  return count === undefined ? undefined : { count: Number(count), type: type ?? null }
}

/** Of the value of --gres: `gpu:a100:2`, `gpu`, `gpu:2,nvme:1`. @returns undefined when it names no GPUs */
export function gpusOfGres(value: string): GpuRequest | undefined {
  const kinds = value
    .split(',')
    .filter((kind) => /^gpu(:|=|$)/.test(kind))
    .map((kind) => parseGpus(kind === 'gpu' ? 'gpu:1' : withCount(kind.replace('=', ':'))))
    .filter((kind) => kind !== undefined)
  if (kinds.length === 0) return undefined
  const types = [...new Set(kinds.map(({ type }) => type))]
  return {
    count: kinds.reduce((sum, { count }) => sum + count, 0),
    type: types.length === 1 ? types[0] : null,
  }
}

/** `gpu:a100` is one of them. */
function withCount(kind: string): string {
  return /:\d+$/.test(kind) ? kind : `${kind}:1`
}

/**
 * The GPUs on each node that further sbatch options ask for: --gres, --gpus-per-node, --gpus, -G, --gpus-per-task.
 * @returns undefined when none of them is there; a 0 counts as not there, it only takes back another option's
 */
export function gpusOfSbatchArgs(
  args: readonly string[],
  { nodes, tasksPerNode = 1 }: { nodes: number; tasksPerNode?: number },
): GpuRequest | undefined {
  const found: GpuRequest[] = []
  args.forEach((arg, index) => {
    const [, name, attached] =
      /^--(gres|gpus-per-node|gpus|gpus-per-task)(?:=(.*))?$/.exec(arg) ??
      /^-(G)(.*)$/.exec(arg) ??
      []
    if (name === undefined) return
    const value = attached || args[index + 1] || ''
    const request = name === 'gres' ? gpusOfGres(value) : parseGpus(value)
    if (request && request.count > 0)
      found.push({ ...request, count: perNode(name, request.count) })
  })
  return found.at(-1)

  function perNode(name: string, count: number): number {
    if (name === 'gpus' || name === 'G') return Math.ceil(count / nodes)
    return name === 'gpus-per-task' ? count * tasksPerNode : count
  }
}
