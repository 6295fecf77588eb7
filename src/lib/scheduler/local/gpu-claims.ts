import { join } from 'node:path'
import type { Clock } from '../../platform/clock.js'
import { EnvironmentError } from '../../platform/errors.js'
import {
  createExclusively,
  makePrivateDir,
  readTextIfThere,
  removeTree,
} from '../../platform/files.js'
import { bootId } from '../../platform/machine.js'
import type { Device } from './devices.js'
import type { LocalJob } from './registry.js'

/** Whoever takes away a dead job's claim is done in milliseconds; one that was killed in it is overridden. */
const STEAL_MS = 30_000

interface Parts {
  /** Of this user's local jobs. */
  folder: string
  host: string
  clock: Clock
  /** Whether the job of that id still is, or is going to be, on its GPUs. */
  isAlive(jobId: string): Promise<boolean>
}

/**
 * One file a GPU, made by one job only: `gpus/HOST/ID` holds that job's id. It is not given back: a job that has ended has no GPUs,
 * and its claim is taken away by the next one that wants it.
 */
export class GpuClaims {
  readonly #parts: Parts
  readonly #folder: string

  constructor(parts: Parts) {
    this.#parts = parts
    this.#folder = join(parts.folder, 'gpus', parts.host)
  }

  /**
   * Takes `count` of the devices for a job, in their order.
   * @throws EnvironmentError when fewer are free, naming who has the others; then none is taken
   */
  async take(jobId: string, count: number, devices: readonly Device[]): Promise<Device[]> {
    if (devices.length < count) throw tooFew(devices.length, count)
    await makePrivateDir(this.#folder)
    const taken: Device[] = []
    const others: string[] = []
    for (const device of devices) {
      if (taken.length === count) break
      const owner = await this.#claim(device, jobId)
      if (owner === undefined) taken.push(device)
      else others.push(`GPU ${device.id}${device.name ? ` (${device.name})` : ''}: job ${owner}`)
    }
    if (taken.length === count) return taken
    for (const device of taken) await removeTree(this.#path(device))
    throw allTaken(devices.length, taken.length, count, others)
  }

  /** @returns undefined when it is the job's now, else whose it is */
  async #claim(device: Device, jobId: string): Promise<string | undefined> {
    const path = this.#path(device)
    for (;;) {
      if (await createExclusively(path, jobId)) return undefined
      const owner = await readTextIfThere(path)
      if (owner === undefined) continue
      if (owner === '' || (await this.#parts.isAlive(owner))) return owner || 'of another start'
      await this.#takeAway(path, owner)
    }
  }

  /** By one at a time: what is removed is surely the dead job's claim and not that of somebody who was faster. */
  async #takeAway(path: string, owner: string): Promise<void> {
    const lock = `${path}.taking`
    const now = this.#parts.clock.now()
    if (!(await createExclusively(lock, now.toISOString()))) {
      const since = Date.parse((await readTextIfThere(lock)) ?? '')
      if (now.getTime() - since > STEAL_MS) await removeTree(lock)
      else await this.#parts.clock.sleep(20)
      return
    }
    try {
      if ((await readTextIfThere(path)) === owner) await removeTree(path)
    } finally {
      await removeTree(lock)
    }
  }

  #path({ id }: Device): string {
    return join(this.#folder, id.replaceAll(/[^\w-]/g, '_'))
  }
}

/** A job that was let go of, or is about to be. One of before the last boot is not. */
export function mayUseGpus(job: LocalJob, isRunning: boolean): boolean {
  if (job.cancelled || job.ended || job.bootId !== bootId()) return false
  return job.startedAt === null || isRunning
}

function tooFew(there: number, asked: number): EnvironmentError {
  return new EnvironmentError(
    there === 0
      ? 'This machine has no GPU that can be used'
      : `This machine has ${there} GPU${there > 1 ? 's' : ''}, not ${asked}`,
    {
      code: 'AIB_GPUS',
      hints: ['nvidia-smi -L', 'echo "$CUDA_VISIBLE_DEVICES"', '--gpus-per-node N'],
    },
  )
}

function allTaken(
  there: number,
  free: number,
  asked: number,
  others: readonly string[],
): EnvironmentError {
  return new EnvironmentError(
    `${free === 0 ? 'No GPU is' : `Only ${free} GPU${free > 1 ? 's are' : ' is'}`} free of the ${there} of this machine; ${asked} ${asked > 1 ? 'are' : 'is'} asked for`,
    {
      code: 'AIB_GPUS_BUSY',
      where: others.join(', '),
      hints: ['aibench status', `--gpus-per-node ${free || 'N'}`],
    },
  )
}
