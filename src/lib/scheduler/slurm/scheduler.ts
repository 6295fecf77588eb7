import { aibench, withRemark } from '../../platform/command-line.js'
import { SchedulerError } from '../../platform/errors.js'
import type { Environment } from '../../platform/environment.js'
import { NameCache } from '../../platform/name-cache.js'
import type { Finished } from '../../platform/processes.js'
import type { Clock } from '../../platform/clock.js'
import {
  jobNameOf,
  type Cluster,
  type JobIdentity,
  type JobSpec,
  type Queue,
  type Resources,
  type Scheduler,
  type StepPlace,
  type SubmitPlan,
} from '../contract.js'
import { sealFolder } from '../../platform/seal.js'
import { SEAL, submissionEnvironment } from '../job-environment.js'
import { clusterKey, configuredCluster } from '../../platform/slurm-conf.js'
import { kinshipOf } from './cluster.js'
import { messageOf, scrub, SlurmCommands, type CommandParts } from './command.js'
import { GRES_FORMAT, mostGpus } from './gres.js'
import { clusterOption, JobLookup } from './lookup.js'
import { refusalOf, uncertain, verdictOf } from './refusals.js'
import {
  clustersOf,
  parseSubmittedIds,
  placementArgs,
  stepArgs,
  submissionArgs,
  warningMs,
} from './submission.js'

/** Between an unclear refusal and the question whether the job is there after all. */
const SECOND_LOOK_MS = 500

export function createSlurmScheduler(parts: CommandParts): Scheduler {
  return new SlurmScheduler(parts)
}

class SlurmScheduler implements Scheduler {
  readonly kind = 'slurm'
  readonly #commands: SlurmCommands
  readonly #environment: Environment
  readonly #clock: Clock
  readonly #lookup: JobLookup

  constructor(parts: CommandParts) {
    this.#commands = new SlurmCommands(parts)
    this.#environment = parts.environment
    this.#clock = parts.clock
    this.#lookup = new JobLookup(this.#commands, parts.environment)
  }

  plan(job: JobSpec): SubmitPlan {
    const args = submissionArgs(job)
    return { argv: ['sbatch', ...args], script: args.at(-2)! }
  }

  /** Several names: Slurm chooses, and says which. */
  async clusterOf(resources: Pick<Resources, 'clusters' | 'sbatchArgs'>): Promise<Cluster | null> {
    const home = await this.#lookup.home(false)
    const clusters = clustersOf(resources)
    if (clusters === undefined) return home ?? null
    return clusters === home?.name ? home : { name: clusters, controller: null }
  }

  async submitHeld(job: JobSpec): Promise<{ id: string; cluster: Cluster | null }> {
    const environment = {
      ...submissionEnvironment(this.#environment),
      [SEAL]: await sealFolder(job.runDir),
    }
    const finished = await this.#commands.change('sbatch', submissionArgs(job), environment)
    const asked = await this.clusterOf(job.resources)
    const accepted = await this.#accepted(finished, job, asked)
    if (accepted) {
      await this.#refreshPartitions(clustersOf(job.resources))
      return accepted
    }
    const verdict = verdictOf(finished)
    const known = () => this.partitions(clustersOf(job.resources)).catch(() => [])
    if (verdict !== 'unclear')
      throw await refusalOf(finished, verdict, job, this.#environment, known)
    await this.#clock.sleep(SECOND_LOOK_MS)
    const sighting = await this.#look(identityOf(job, asked))
    if (sighting?.kind === 'seen') return { id: sighting.job.id, cluster: asked }
    const isNot = sighting?.kind === 'absent'
    throw await refusalOf(finished, isNot ? 'refused' : 'uncertain', job, this.#environment, known)
  }

  /** An id that stands in other text is anybody's until Slurm says whose it is. */
  async #accepted(
    finished: Finished,
    job: JobSpec,
    asked: Cluster | null,
  ): Promise<{ id: string; cluster: Cluster | null } | undefined> {
    if (finished.exitCode !== 0) return undefined
    const candidates = parseSubmittedIds(finished.stdout)
    for (const { id, cluster: name, isPlain } of candidates) {
      const cluster = name && name !== asked?.name ? { name, controller: null } : asked
      if (isPlain) return { id, cluster }
      const sighting = await this.#look({ ...identityOf(job, cluster), id })
      if (sighting?.kind === 'seen') return { id: sighting.job.id, cluster }
    }
    throw uncertain(messageOf(finished), job)
  }

  /** Undefined when nothing could be learnt, for whatever reason. */
  async #look(identity: JobIdentity) {
    const found = await this.#lookup.find([identity], 'readOnce').catch(() => undefined)
    return found?.get(identity.token)
  }

  async release(job: JobIdentity): Promise<void> {
    const args = [...(await this.#option(job)), 'release', job.id!]
    const finished = await this.#commands.change('scontrol', args)
    if (finished.exitCode === 0) return
    throw new SchedulerError(`Slurm did not release job ${job.id}`, {
      code: 'AIB_RELEASE',
      where: `scontrol: ${messageOf(finished) || 'no answer'}`,
      hints: [withRemark(aibench('status'), 'tries again')],
    })
  }

  async poll(jobs: readonly JobIdentity[]): Promise<Queue> {
    return { askedAt: this.#clock.now(), sightings: await this.#lookup.find(jobs) }
  }

  /**
   * A running job's script gets TERM and stops its service by itself, so that the job ends in good order; all else is cancelled.
   */
  async cancel(job: JobIdentity, how: 'TERM' | 'KILL'): Promise<void> {
    const sighting = (await this.#lookup.find([job])).get(job.token)!
    if (sighting.kind === 'silent' || sighting.kind === 'elsewhere')
      throw new SchedulerError(
        sighting.trouble.answered
          ? `Slurm could not be asked about job ${job.id ?? job.name}; nothing was cancelled`
          : 'Slurm does not answer; nothing was cancelled',
        {
          code: sighting.trouble.answered ? 'AIB_CANCEL' : 'AIB_SCHEDULER_DOWN',
          where: sighting.trouble.plain,
          hints: ['scontrol ping', 'try again later'],
        },
      )
    if (sighting.kind !== 'seen' || sighting.job.state === 'ended') return
    const { id, state } = sighting.job
    const gently = how === 'TERM' && state === 'running'
    const option = clusterOption(sighting.job.cluster)
    const args = [...option, ...(gently ? ['--batch', '--signal=TERM'] : []), id]
    const finished = await this.#commands.change('scancel', args)
    if (finished.exitCode !== 0 && !/invalid job id|already completing/i.test(finished.stderr))
      throw new SchedulerError(`Slurm did not cancel job ${id}`, {
        code: 'AIB_CANCEL',
        where: `scancel: ${messageOf(finished) || 'no answer'}`,
        hints: ['try again later'],
      })
  }

  warningMs(job: Pick<Resources, 'timeLimitMs' | 'endsWithinS'>): number {
    return warningMs(job)
  }

  /** `--overlap`: the step shares what the job's script holds; no GPUs and no memory of its own are asked for. */
  step(job: JobIdentity | null, argv: readonly string[], where: StepPlace = {}): readonly string[] {
    // Inside an allocation, its variables are what tells srun which one.
    if (job === null) return ['srun', ...stepArgs(where), ...argv]
    const home = configuredCluster(this.#environment)
    const option = kinshipOf(home, job.cluster) === 'other' ? job.cluster!.name : undefined
    const of = [...clusterOption(option), `--jobid=${job.id}`]
    return this.#srun([...of, ...stepArgs(where), ...argv])
  }

  /** One task would get one node only: there is one on each, and all but the first have nothing to do. */
  ownAllocation(argv: readonly string[], resources: Resources): readonly string[] {
    const options = ['--job-name=aibench-clients', '--quiet', '--export=ALL', '--input=0']
    const first = ['bash', '-c', '((SLURM_PROCID)) || exec "$@"', 'bash']
    // Its own cluster may only be named where the accounting database knows it.
    const isHome = resources.clusters === configuredCluster(this.#environment)?.name
    const where = placementArgs(isHome ? { ...resources, clusters: undefined } : resources)
    return this.#srun([...options, '--wait=0', ...where, ...first, ...argv])
  }

  /** Unlike all other commands it is run by somebody else, who has the user's environment. */
  #srun(args: readonly string[]): readonly string[] {
    const { variables } = this.#environment
    const kept = scrub(variables)
    const unset = Object.keys(variables).filter((name) => !(name in kept))
    const clean = unset.length > 0 ? ['env', ...unset.map((name) => `--unset=${name}`)] : []
    return [...clean, 'srun', ...args]
  }

  async #option({ cluster }: JobIdentity): Promise<string[]> {
    const home = await this.#lookup.home(cluster !== null)
    return clusterOption(kinshipOf(home, cluster) === 'other' ? cluster!.name : undefined)
  }

  /** Names for the shell's completion, which may ask nobody. */
  async #refreshPartitions(clusters: string | undefined): Promise<void> {
    if (clusters === undefined && !this.#cache().isFresh(this.#clock.now()))
      await this.partitions().catch(() => [])
  }

  #cache(): NameCache {
    return new NameCache(this.#environment, `partitions-${clusterKey(this.#environment)}`)
  }

  async partitions(clusters?: string): Promise<readonly string[]> {
    const args = [...clusterOption(clusters), '--noheader', '--format=%R']
    const { stdout } = await this.#commands.readOnce('sinfo', args)
    const lines = stdout.split('\n').filter((line) => line && !line.startsWith('CLUSTER: '))
    const names = [...new Set(lines)]
    if (clusters === undefined) await this.#cache().write(names)
    return names
  }

  async gpusPerNode(
    partition: string | undefined,
    { clusters, type }: { clusters?: string; type?: string } = {},
  ): Promise<number | undefined> {
    const only = partition === undefined ? [] : [`--partition=${partition}`]
    const args = [...clusterOption(clusters), '--noheader', `--format=${GRES_FORMAT}`, ...only]
    const { exitCode, stdout } = await this.#commands.readOnce('sinfo', args)
    return exitCode === 0 ? mostGpus(stdout, partition, type) : undefined
  }

  async version(): Promise<string> {
    const finished = await this.#commands.readOnce('sbatch', ['--version'])
    return finished.stdout.trim() || 'slurm'
  }
}

function identityOf(job: JobSpec, cluster: Cluster | null): JobIdentity {
  const { token, runDir } = job
  return { id: null, token, name: jobNameOf(job), runDir, cluster }
}
