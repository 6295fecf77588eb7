import { join } from 'node:path'
import { Deadline, poll, type Clock } from '../../platform/clock.js'
import type { Environment } from '../../platform/environment.js'
import { SchedulerError } from '../../platform/errors.js'
import { removeTree } from '../../platform/files.js'
import { shortId } from '../../platform/identifiers.js'
import { bootId, processIdentity } from '../../platform/machine.js'
import {
  killProcess,
  processesWith,
  spawnDetached,
  type Processes,
} from '../../platform/processes.js'
import type {
  Resources,
  JobIdentity,
  JobSpec,
  JobStatus,
  Queue,
  Scheduler,
  Sighting,
  StepPlace,
} from '../contract.js'
import { localJobEnvironment, SEAL } from '../job-environment.js'
import { warningS } from '../warning.js'
import { sealFolder } from '../../platform/seal.js'
import { chosenOf, gpuEnvironment, visibleDevices, type Device } from './devices.js'
import { GpuClaims, mayUseGpus } from './gpu-claims.js'
import { elsewhere, outcomeOf } from './words.js'
import {
  claimOf,
  listJobs,
  pruneJobs,
  readJob,
  takeClaim,
  writeJob,
  type LocalJob,
} from './registry.js'

/** Between the end of the time limit and the kill, as Slurm's KillWait. */
const KILL_WAIT_S = 30
/** In the environment of the supervisor and of all that the job starts: the mark by which its processes are known. */
const MARK = 'AIBENCH_LOCAL_JOB_ID'
/** So many at once, each with its rank as srun gives it; TERM reaches all. */
const SEVERAL = `pids=()
trap 'kill "\${pids[@]}" 2>/dev/null' TERM INT
for ((i = 0; i < $1; i++)); do SLURM_PROCID=$i SLURM_NTASKS=$1 "\${@:2}" & pids+=($!); done
code=0
for pid in "\${pids[@]}"; do wait "$pid" || code=$?; done
exit $code`
/** A shell that starts takes milliseconds; on a machine that swaps, seconds. */
const START_MS = 20_000

interface Parts {
  environment: Environment
  processes: Processes
  clock: Clock
}

/**
 * The same scripts as under Slurm, as detached process groups on this machine. A small supervisor (`slurm/local.sh`) keeps the time
 * limit; what is known about a job is one file in `<stateDir>/local/`.
 */
export function createLocalScheduler(parts: Parts): Scheduler {
  return new LocalScheduler(parts)
}

class LocalScheduler implements Scheduler {
  readonly kind = 'local'
  readonly #environment: Environment
  readonly #processes: Processes
  readonly #clock: Clock
  readonly #folder: string

  constructor({ environment, processes, clock }: Parts) {
    this.#environment = environment
    this.#processes = processes
    this.#clock = clock
    this.#folder = join(environment.stateDir, 'local')
  }

  plan(job: JobSpec) {
    return { argv: this.#argv(job, 'local-ID'), script: join(job.runDir, 'job.sh') }
  }

  async submitHeld(job: JobSpec): Promise<{ id: string }> {
    const id = `local-${shortId()}`
    await pruneJobs(this.#folder, this.#clock.now(), (old) => this.#lives(old))
    const held: LocalJob = {
      id,
      token: job.token,
      name: job.name,
      runDir: job.runDir,
      seal: await sealFolder(job.runDir),
      host: this.#environment.hostname,
      bootId: bootId(),
      timeLimitMs: job.resources.timeLimitMs,
      submittedAt: this.#clock.now().toISOString(),
      startedAt: null,
      supervisor: null,
      cancelled: false,
      ended: false,
    }
    await writeJob(this.#folder, held)
    if (job.resources.gpusPerNode) await this.#giveGpus(held, job.resources.gpusPerNode)
    return { id }
  }

  /** A job that gets none is no job. */
  async #giveGpus(job: LocalJob, count: number): Promise<void> {
    const isAlive = async (id: string) => {
      const owner = await this.#job(id)
      return owner !== undefined && mayUseGpus(owner, isRunning(owner))
    }
    const place = { folder: this.#folder, host: this.#environment.hostname, clock: this.#clock }
    const claims = new GpuClaims({ ...place, isAlive })
    try {
      const gpus = await claims.take(job.id, count, await this.#devices())
      await writeJob(this.#folder, { ...job, gpus: chosenOf(gpus) })
    } catch (error) {
      await removeTree(join(this.#folder, `${job.id}.json`))
      throw error
    }
  }

  #devices(): Promise<readonly Device[]> {
    return visibleDevices(this.#processes, this.#environment.variables)
  }

  /** Of several that let the same job go, also over each other's dead bodies, one supervisor gets the claim; the others end at once. */
  async release({ id }: JobIdentity): Promise<void> {
    if (id === null) return
    const job = await this.#job(id)
    if (!job) throw new SchedulerError(`There is no local job ${id}`)
    if (job.startedAt !== null || job.cancelled) return
    const { runDir, timeLimitMs } = job
    const spec = { runDir, resources: { timeLimitMs, nodes: 1 } }
    const [program, ...args] = this.#argv(spec, id)
    const environment = {
      ...localJobEnvironment(this.#environment),
      ...gpuEnvironment(job.gpus, this.#environment.variables),
      [MARK]: id,
      [SEAL]: job.seal,
    }
    await spawnDetached(program, args, environment)
    const started = await poll(
      async () => {
        const now = await this.#job(id)
        return now?.startedAt === null ? undefined : now
      },
      { deadline: new Deadline(this.#clock, START_MS), firstPauseMs: 3, longestPauseMs: 50 },
    )
    if (!started) throw new SchedulerError(`Local job ${id} did not start`, { where: runDir })
  }

  async poll(wanted: readonly JobIdentity[]): Promise<Queue> {
    const jobs = await Promise.all(
      (await listJobs(this.#folder)).map((job) => this.#withSupervisor(job)),
    )
    await Promise.all(jobs.map((job) => this.#sweep(job)))
    const seen = new Map(jobs.map((job) => [job.token, this.#statusOf(job)]))
    const sighting = ({ id, token }: JobIdentity): Sighting => {
      const job = seen.get(token)
      if (job) return { kind: 'seen', job }
      return { kind: id === null ? 'absent' : 'forgotten' }
    }
    return {
      askedAt: this.#clock.now(),
      sightings: new Map(wanted.map((one) => [one.token, sighting(one)])),
    }
  }

  async cancel({ id, token }: JobIdentity, how: 'TERM' | 'KILL'): Promise<void> {
    if (id === null) return
    let job = await this.#job(id)
    if (!job || job.token !== token || job.host !== this.#environment.hostname) return
    // Whoever has the claim decides: with ours, no supervisor that is about to start will run the job.
    if (job.startedAt === null && (await takeClaim(this.#folder, id)))
      return writeJob(this.#folder, { ...job, cancelled: true })
    job = (await this.#job(id)) ?? job
    if (how === 'TERM') {
      if (isRunning(job) && job.supervisor) killProcess(job.supervisor.pid, 'SIGTERM')
      return
    }
    await writeJob(this.#folder, { ...job, cancelled: true })
    if (job.supervisor && isRunning(job)) killProcess(job.supervisor.pid, 'SIGKILL')
    for (const pid of await processesOf(id)) killProcess(pid, 'SIGKILL')
  }

  /** A job of this machine is of no cluster. */
  async clusterOf(): Promise<null> {
    return null
  }

  /** The supervisor keeps its times to the second. */
  warningMs(job: Pick<Resources, 'timeLimitMs' | 'endsWithinS'>): number {
    return warningS(job) * 1000
  }

  /** All tasks are on this machine; when one fails, so does the step. */
  step(
    _job: JobIdentity | null,
    argv: readonly string[],
    { tasks = 1 }: StepPlace = {},
  ): readonly string[] {
    return tasks === 1 ? argv : ['bash', '-c', SEVERAL, 'bash', String(tasks), ...argv]
  }

  ownAllocation(): undefined {
    return undefined
  }

  async partitions(): Promise<readonly string[]> {
    return []
  }

  async gpusPerNode(): Promise<number> {
    return (await this.#devices()).length
  }

  async version(): Promise<string> {
    return 'local'
  }

  /** Whatever the clock says: a job whose supervisor or processes are here is no old one, and of another machine's nothing is known. */
  async #lives(job: LocalJob): Promise<boolean> {
    if (job.host !== this.#environment.hostname) return !job.ended
    return isRunning(job) || (await processesOf(job.id)).length > 0
  }

  async #job(id: string): Promise<LocalJob | undefined> {
    const job = await readJob(this.#folder, id)
    return job && this.#withSupervisor(job)
  }

  /** The supervisor itself says that it has begun: whoever started it may have been killed before it could. */
  async #withSupervisor(job: LocalJob): Promise<LocalJob> {
    if (job.startedAt !== null || job.cancelled) return job
    const claim = await claimOf(this.#folder, job.id)
    if (!claim) return job
    const started = {
      ...job,
      startedAt: claim.at,
      supervisor: { pid: claim.pid, start: claim.start },
    }
    await writeJob(this.#folder, started)
    return started
  }

  /** A supervisor that was killed leaves its job without a limit: as under Slurm, the job goes with it. */
  async #sweep(job: LocalJob): Promise<void> {
    const isHere = job.host === this.#environment.hostname && job.bootId === bootId()
    if (!isHere || job.ended || job.startedAt === null || isRunning(job)) return
    for (const pid of await processesOf(job.id)) killProcess(pid, 'SIGKILL')
    await writeJob(this.#folder, { ...job, ended: true })
  }

  #argv(job: Pick<JobSpec, 'runDir' | 'resources'>, id: string): readonly string[] {
    const limitS = Math.ceil(job.resources.timeLimitMs / 1000)
    const supervisor = join(this.#environment.installDir, 'slurm', 'local.sh')
    const claim = join(this.#folder, `${id}.claim`)
    const times = [limitS, warningS(job.resources), KILL_WAIT_S].map(String)
    return ['bash', supervisor, job.runDir, ...times, id, claim]
  }

  #statusOf(job: LocalJob): JobStatus {
    const startedAt = job.startedAt === null ? undefined : new Date(job.startedAt)
    const status = {
      id: job.id,
      token: job.token,
      name: job.name,
      nodes: startedAt ? [job.host] : [],
      submittedAt: new Date(job.submittedAt),
      startedAt,
      endsAt: startedAt && new Date(startedAt.getTime() + job.timeLimitMs),
    }
    if (job.host !== this.#environment.hostname)
      return { ...status, state: 'unknown', rawState: 'elsewhere', reason: elsewhere(job.host) }
    if (job.startedAt === null && !job.cancelled)
      return { ...status, state: 'held', rawState: 'held' }
    if (isRunning(job)) return { ...status, state: 'running', rawState: 'running' }
    return {
      ...status,
      endsAt: undefined,
      state: 'ended',
      rawState: 'ended',
      outcome: outcomeOf(job),
    }
  }
}

/** The supervisor outlives its job by a moment, and a pid that was given to another process is not it. */
function isRunning({ supervisor, bootId: boot }: LocalJob): boolean {
  if (!supervisor || boot !== bootId()) return false
  return supervisor.start !== null && processIdentity(supervisor.pid).start === supervisor.start
}

function processesOf(id: string): Promise<number[]> {
  return processesWith(`${MARK}=${id}`)
}
