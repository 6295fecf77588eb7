import type { Clock } from '../../platform/clock.js'
import type { Environment } from '../../platform/environment.js'
import { SchedulerError } from '../../platform/errors.js'
import { NameCache } from '../../platform/name-cache.js'
import type { Finished, Processes } from '../../platform/processes.js'
import { parseDurationMs } from '../../platform/units.js'
import type { JobSpec, JobStatus, Queue, Resources, Scheduler, SubmitPlan } from '../contract.js'
import { submissionEnvironment } from '../job-environment.js'
import { isDown, isStalled, messageOf, scrub, SlurmCommands } from './command.js'
import { GRES_FORMAT, mostGpus } from './gres.js'
import { parseQueue, QUEUE_FORMAT } from './queue.js'
import { parseSubmittedId, placementArgs, refusalOf, submissionArgs } from './submission.js'

const STEP = [
  ...['--overlap', '--nodes=1', '--ntasks=1', '--mem=0', '--gres=none', '--quiet', '--export=ALL'],
]

/** Pauses before reads are tried again; after the last, what was known is shown as stale. */
const READ_PAUSES_MS = [2_000, 4_000, 8_000]

interface Parts {
  processes: Processes
  environment: Environment
  clock: Clock
}

export function createSlurmScheduler(parts: Parts): Scheduler {
  return new SlurmScheduler(parts)
}

class SlurmScheduler implements Scheduler {
  readonly kind = 'slurm'
  readonly #commands: SlurmCommands
  readonly #environment: Environment
  readonly #clock: Clock
  readonly #partitions: NameCache
  readonly #readPausesMs: readonly number[]

  constructor({ processes, environment, clock }: Parts) {
    this.#commands = new SlurmCommands(processes, environment)
    this.#environment = environment
    this.#clock = clock
    this.#partitions = new NameCache(environment, 'partitions')
    const pauses = environment.variables.AIBENCH_SLURM_RETRIES
    this.#readPausesMs = pauses === undefined ? READ_PAUSES_MS : parsePauses(pauses)
  }

  plan(job: JobSpec): SubmitPlan {
    const args = submissionArgs(job)
    return { argv: ['sbatch', ...args], script: args.at(-2)! }
  }

  async submitHeld(job: JobSpec): Promise<{ id: string }> {
    const environment = submissionEnvironment(this.#environment)
    const finished = await this.#commands.run('sbatch', submissionArgs(job), environment)
    const id = parseSubmittedId(finished.stdout)
    if (finished.exitCode === 0 && id) {
      if (!this.#partitions.isFresh(this.#clock.now())) await this.partitions()
      return { id }
    }
    throw await refusalOf(finished, job, this.#environment, () => this.partitions())
  }

  async release(id: string): Promise<void> {
    const [job, cluster] = splitId(id)
    const finished = await this.#commands.run('scontrol', [...cluster, 'release', job])
    if (finished.exitCode === 0) return
    throw new SchedulerError(`Slurm did not let job ${job} go`, {
      code: 'AIB_RELEASE',
      where: `scontrol: ${messageOf(finished)}`,
      hints: ['aibench status   (tries again)'],
    })
  }

  async poll(): Promise<Queue> {
    const args = ['--me', '--noheader', '--states=all', `--format=${QUEUE_FORMAT}`]
    const askedAt = this.#clock.now()
    const finished = await this.#read('squeue', args)
    if (finished.exitCode !== 0)
      return { askedAt, staleSince: askedAt, trouble: messageOf(finished), jobs: new Map() }
    return { askedAt, jobs: byToken(parseQueue(finished.stdout)) }
  }

  /**
   * A running job's script gets TERM and stops its service by itself, so that the job ends in good order; all else is cancelled.
   */
  async cancel(id: string, token: string, how: 'TERM' | 'KILL'): Promise<void> {
    const queue = await this.poll()
    if (queue.staleSince)
      throw new SchedulerError('Slurm does not answer; nothing was cancelled', {
        code: 'AIB_SCHEDULER_DOWN',
        where: `squeue: ${queue.trouble}`,
        hints: ['scontrol ping', 'the same command again, later'],
      })
    const job = queue.jobs.get(token)
    if (!job || job.state === 'ended' || splitId(job.id)[0] !== splitId(id)[0]) return
    const [number, cluster] = splitId(job.id)
    const gently = how === 'TERM' && job.state === 'running'
    const args = [...cluster, ...(gently ? ['--batch', '--signal=TERM'] : []), number]
    const finished = await this.#read('scancel', args)
    if (finished.exitCode !== 0 && !/invalid job id|already completing/i.test(finished.stderr))
      throw new SchedulerError(`Slurm did not cancel job ${number}`, {
        code: 'AIB_CANCEL',
        where: `scancel: ${messageOf(finished)}`,
        hints: ['the same command again, later'],
      })
  }

  /** `--overlap`: the step shares what the job's script holds; no GPUs and no memory of its own are asked for. */
  beside(id: string, argv: readonly string[]): readonly string[] {
    const [job, cluster] = splitId(id)
    return this.#srun([...cluster, `--jobid=${job}`, ...STEP, ...argv])
  }

  /** One task would get one node only: there is one on each, and all but the first have nothing to do. */
  apart(argv: readonly string[], resources: Resources): readonly string[] {
    const options = ['--job-name=aibench-clients', '--quiet', '--export=ALL', '--input=0']
    const first = ['bash', '-c', '((SLURM_PROCID)) || exec "$@"', 'bash']
    return this.#srun([...options, '--wait=0', ...placementArgs(resources), ...first, ...argv])
  }

  /** Inside the allocation, whose variables say which it is. */
  onNode(index: number, argv: readonly string[]): readonly string[] {
    return ['srun', ...STEP, `--relative=${index}`, ...argv]
  }

  /** Unlike all other commands it is run by somebody else, who has the user's environment. */
  #srun(args: readonly string[]): readonly string[] {
    const { variables } = this.#environment
    const kept = scrub(variables)
    const unset = Object.keys(variables).filter((name) => !(name in kept))
    const clean = unset.length > 0 ? ['env', ...unset.map((name) => `--unset=${name}`)] : []
    return [...clean, 'srun', ...args]
  }

  async partitions(): Promise<readonly string[]> {
    const finished = await this.#commands.run('sinfo', ['--noheader', '--format=%R'])
    const names = [...new Set(finished.stdout.split('\n').filter(Boolean))]
    await this.#partitions.write(names)
    return names
  }

  async gpusPerNode(partition: string | undefined): Promise<number | undefined> {
    const only = partition === undefined ? [] : [`--partition=${partition}`]
    const args = ['--noheader', `--format=${GRES_FORMAT}`, ...only]
    const { exitCode, stdout } = await this.#commands.run('sinfo', args)
    return exitCode === 0 ? mostGpus(stdout, partition) : undefined
  }

  async version(): Promise<string> {
    const finished = await this.#commands.run('sbatch', ['--version'])
    return finished.stdout.trim() || 'slurm'
  }

  /** Reading and cancelling change nothing when repeated: tried again with growing pauses. */
  async #read(command: string, args: readonly string[]): Promise<Finished> {
    for (const pauseMs of this.#readPausesMs) {
      const finished = await this.#commands.run(command, args)
      if (!isDown(finished) && !isStalled(finished)) return finished
      await this.#clock.sleep(pauseMs)
    }
    return this.#commands.run(command, args)
  }
}

/** A requeued job may stand twice; the living one counts. */
function byToken(jobs: readonly JobStatus[]): ReadonlyMap<string, JobStatus> {
  const map = new Map<string, JobStatus>()
  for (const job of jobs) if (!map.has(job.token) || job.state !== 'ended') map.set(job.token, job)
  return map
}

/** `1234;cluster` → the number, and the option that names the cluster. */
function splitId(id: string): [number: string, cluster: readonly string[]] {
  const [number, cluster] = id.split(';')
  return [number, cluster ? [`--clusters=${cluster}`] : []]
}

function parsePauses(text: string): number[] {
  return text
    .split(',')
    .filter(Boolean)
    .map((pause) => parseDurationMs(pause) ?? 0)
}
