import { exists, listNames } from '../../platform/files.js'
import type { Processes } from '../../platform/processes.js'
import type { LocalJob } from './registry.js'

/** A GPU of this machine, or a part of one. */
export interface Device {
  /** What the variable names it by: an index, or the id of a part. */
  id: string
  /** `NVIDIA H100 80GB HBM3`; null when only its device file is seen. */
  name: string | null
  uuid: string | null
  /** In use by anybody; null when that is not known. */
  usedMiB: number | null
  /** Which variable it is given by. */
  variable: 'CUDA_VISIBLE_DEVICES' | 'HIP_VISIBLE_DEVICES'
}

type Variables = Readonly<Record<string, string | undefined>>

const QUERY = '--query-gpu=index,name,uuid,memory.total,memory.used'
const TIMEOUT_MS = 20_000

/**
 * The GPUs of this machine that the user's shell may use, those in least use first: from nvidia-smi, else from the device files.
 * @returns [] when there are none, also when CUDA_VISIBLE_DEVICES hides them all
 */
export async function visibleDevices(
  processes: Processes,
  variables: Variables,
): Promise<readonly Device[]> {
  const all = (await fromNvidiaSmi(processes, variables)) ?? (await fromDeviceFiles())
  const names = all[0]?.variable ?? 'CUDA_VISIBLE_DEVICES'
  const chosen =
    variables[names] ??
    (names === 'HIP_VISIBLE_DEVICES' ? variables.ROCR_VISIBLE_DEVICES : undefined)
  const seen = chosen === undefined ? all : named(chosen, all)
  return [...seen].sort((a, b) => (a.usedMiB ?? 0) - (b.usedMiB ?? 0))
}

async function fromNvidiaSmi(
  processes: Processes,
  variables: Variables,
): Promise<Device[] | undefined> {
  const run = (args: readonly string[]) =>
    processes.run('nvidia-smi', args, { timeoutMs: TIMEOUT_MS, env: { ...variables } })
  const answer = await run([QUERY, '--format=csv,noheader,nounits'])
  if (answer.missing || answer.exitCode !== 0) return undefined
  const cards = answer.stdout
    .split('\n')
    .map((line) => line.split(',').map((field) => field.trim()))
    .filter(([index]) => /^\d+$/.test(index))
    .map(([index, name, uuid, , used]): Device => {
      const usedMiB = /^\d+$/.test(used ?? '') ? Number(used) : null
      return { id: index, name, uuid, usedMiB, variable: 'CUDA_VISIBLE_DEVICES' }
    })
  const parts = partsOf((await run(['-L'])).stdout, cards)
  const divided = new Set(parts.map(({ card }) => card))
  return [...cards.filter(({ id }) => !divided.has(id)), ...parts.map(({ device }) => device)]
}

/** A card that is divided is used by its parts only: `  MIG 3g.20gb     Device  0: (UUID: MIG-…)`, below its own line. */
function partsOf(listed: string, cards: readonly Device[]): { card: string; device: Device }[] {
  const parts: { card: string; device: Device }[] = []
  let card: Device | undefined
  for (const line of listed.split('\n')) {
    const [, index] = /^GPU (\d+):/.exec(line) ?? []
    if (index !== undefined) card = cards.find(({ id }) => id === index)
    const [, profile, uuid] = /^\s+(MIG \S+)\s+Device\s+\d+: \(UUID: ([^)]+)\)/.exec(line) ?? []
    if (profile === undefined || !card) continue
    const device = { ...card, id: uuid, uuid, name: `${card.name} ${profile}`, usedMiB: null }
    parts.push({ card: card.id, device })
  }
  return parts
}

/** Without a tool that tells more: /dev/nvidia0 …; on AMD a node of /dev/dri each. */
async function fromDeviceFiles(): Promise<Device[]> {
  const bare = { name: null, uuid: null, usedMiB: null }
  const nvidia = (await listNames('/dev')).flatMap((name) => /^nvidia(\d+)$/.exec(name)?.[1] ?? [])
  if (nvidia.length > 0)
    return nvidia
      .sort((a, b) => Number(a) - Number(b))
      .map((id) => ({ ...bare, id, variable: 'CUDA_VISIBLE_DEVICES' }))
  if (!(await exists('/dev/kfd'))) return []
  const nodes = (await listNames('/dev/dri')).filter((name) => name.startsWith('renderD'))
  return nodes.map((_, index) => ({ ...bare, id: String(index), variable: 'HIP_VISIBLE_DEVICES' }))
}

/** As CUDA reads its variable: by index or (the beginning of) an id; what follows one that is not there is not seen. */
function named(list: string, all: readonly Device[]): Device[] {
  const chosen: Device[] = []
  for (const word of list.split(',').map((part) => part.trim())) {
    const device = all.find(
      ({ id, uuid }) => id === word || (word.length > 4 && uuid?.startsWith(word)),
    )
    if (!device) break
    if (!chosen.includes(device)) chosen.push(device)
  }
  return chosen
}

/** What is on record of devices that a job was given. */
export function chosenOf(devices: readonly Device[]): NonNullable<LocalJob['gpus']> {
  return { variable: devices[0].variable, ids: devices.map(({ id }) => id) }
}

/** Indices are those of nvidia-smi only when CUDA counts as it does. */
export function gpuEnvironment(
  gpus: LocalJob['gpus'],
  variables: Variables,
): Record<string, string> {
  if (!gpus) return {}
  return {
    CUDA_DEVICE_ORDER: variables.CUDA_DEVICE_ORDER ?? 'PCI_BUS_ID',
    [gpus.variable]: gpus.ids.join(','),
  }
}
