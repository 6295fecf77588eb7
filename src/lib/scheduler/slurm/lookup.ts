import type { Environment } from '../../platform/environment.js'
import type { Finished } from '../../platform/processes.js'
import type { Cluster, JobIdentity, Sighting, Trouble } from '../contract.js'
import { configuredCluster, parseCluster } from '../../platform/slurm-conf.js'
import { kinshipOf } from './cluster.js'
import { isSilent, linesOf, troubleOf, type SlurmCommands } from './command.js'
import { parseJobRecord } from './job-record.js'
import { isTheJob, parseQueue, QUEUE_FORMAT, type QueuedJob } from './queue.js'

/** Forms of one question, the best first: sites put programs of their own in squeue's place, which know fewer options. */
const FORMS: readonly ((user: string) => string[])[] = [
  () => ['--me', '--noheader', '--states=all', `--format=${QUEUE_FORMAT}`],
  (user) => [`--user=${user}`, '--noheader', '--states=all', `--format=${QUEUE_FORMAT}`],
  (user) => ['-u', user, '-h', '-t', 'all', '-o', QUEUE_FORMAT],
]
const UNKNOWN_OPTION =
  /(unrecogni[sz]ed|unknown|invalid|illegal|ambiguous|no such) (option|argument)/i

/** Where and how to ask. */
interface Place {
  /** Undefined: the one of this login node. */
  cluster: string | undefined
  home: Cluster | undefined
  how: 'read' | 'readOnce'
}

/** Finds jobs, and says of each whether it was seen, is forgotten, or nothing is known of it. */
export class JobLookup {
  readonly #commands: SlurmCommands
  readonly #environment: Environment
  #form = 0
  #home: Cluster | undefined | 'unasked' = 'unasked'

  constructor(commands: SlurmCommands, environment: Environment) {
    this.#commands = commands
    this.#environment = environment
  }

  /** One squeue a cluster, and one scontrol for each job that has an id and is not in the answer, or has ended. */
  async find(
    jobs: readonly JobIdentity[],
    how: 'read' | 'readOnce' = 'read',
  ): Promise<ReadonlyMap<string, Sighting>> {
    const home = await this.home(jobs.some(({ cluster }) => cluster !== null))
    const groups = new Map<string | undefined, JobIdentity[]>()
    for (const job of jobs) {
      const key = kinshipOf(home, job.cluster) === 'other' ? job.cluster!.name : undefined
      groups.set(key, [...(groups.get(key) ?? []), job])
    }
    const found = await Promise.all(
      [...groups].map(([cluster, members]) => this.#inCluster(members, { cluster, home, how })),
    )
    return new Map(found.flat())
  }

  /** The cluster that is asked by default. @param ask the controller too, where the configuration can't be read */
  async home(ask: boolean): Promise<Cluster | undefined> {
    if (this.#home === 'unasked') {
      const configured = configuredCluster(this.#environment)
      if (!configured && !ask) return undefined
      this.#home = configured ?? (await this.#askHome())
    }
    return this.#home
  }

  async #askHome(): Promise<Cluster | undefined> {
    const { exitCode, stdout } = await this.#commands.readOnce('scontrol', ['show', 'config'])
    return exitCode === 0 ? parseCluster(stdout) : undefined
  }

  async #inCluster(jobs: readonly JobIdentity[], place: Place): Promise<[string, Sighting][]> {
    const { cluster, home } = place
    const finished = await this.#squeue(place)
    const trouble = finished.exitCode === 0 ? undefined : troubleOf('squeue', finished)
    const rows = trouble ? [] : parseQueue(finished.stdout)
    return Promise.all(
      jobs.map(async (job): Promise<[string, Sighting]> => {
        const sighting = trouble
          ? nothingKnown(trouble, cluster)
          : await this.#amongst(rows, job, place)
        const isElsewhere =
          ['forgotten', 'absent'].includes(sighting.kind) &&
          kinshipOf(home, job.cluster) === 'namesake'
        return [job.token, isElsewhere ? namesake(job.cluster!, home!) : sighting]
      }),
    )
  }

  async #squeue({ cluster, how }: Place): Promise<Finished> {
    const { user } = this.#environment
    for (;;) {
      const args = [...clusterOption(cluster), ...FORMS[this.#form](user)]
      const finished = await this.#commands[how]('squeue', args)
      const isRefused =
        finished.exitCode !== 0 && UNKNOWN_OPTION.test(finished.stderr + finished.stdout)
      if (!isRefused || this.#form === FORMS.length - 1) return finished
      this.#form++
    }
  }

  /** A requeued job may stand twice; the living one counts. */
  async #amongst(
    rows: readonly QueuedJob[],
    identity: JobIdentity,
    { cluster, how }: Place,
  ): Promise<Sighting> {
    const ours = rows.filter((row) => isTheJob(row, identity, this.#environment.user))
    const job = ours.find(({ state }) => state !== 'ended') ?? ours[0]
    if (!job && identity.id === null) return { kind: 'absent' }
    const own = job?.cluster ?? cluster
    if (job && job.state !== 'ended') return seen(job, identity, own)
    // An end is worth a second question: the record tells which life of the job it was.
    const record = await this.#record({ ...identity, id: job?.id ?? identity.id }, own, how)
    return job && record.kind !== 'seen' ? seen(job, identity, own) : record
  }

  /** What Slurm says of this very id. */
  async #record(
    identity: JobIdentity,
    cluster: string | undefined,
    how: Place['how'],
  ): Promise<Sighting> {
    const args = [...clusterOption(cluster), 'show', 'job', identity.id!]
    const finished = await this.#commands[how]('scontrol', args)
    if (finished.exitCode !== 0 && linesOf(finished).some((line) => /invalid job id/i.test(line)))
      return { kind: 'forgotten' }
    if (finished.exitCode !== 0 || isSilent(finished))
      return nothingKnown(troubleOf('scontrol', finished), cluster)
    const job = parseJobRecord(finished.stdout)
    if (!job) return nothingKnown(troubleOf('scontrol', finished), cluster)
    // Its number was given to another.
    if (!isTheJob(job, identity, this.#environment.user)) return { kind: 'forgotten' }
    return seen(job, identity, cluster)
  }
}

function seen(job: QueuedJob, identity: JobIdentity, cluster: string | undefined): Sighting {
  const { user: _user, workDir: _workDir, comment: _comment, ...status } = job
  return { kind: 'seen', job: { ...status, token: identity.token, cluster } }
}

/** Another cluster than the one of this login node has to be asked through the accounting database, which may not be there. */
function nothingKnown(trouble: Trouble, cluster: string | undefined): Sighting {
  return cluster !== undefined && trouble.answered
    ? { kind: 'elsewhere', cluster, trouble: elsewhere(`cluster ${cluster}`, trouble.said) }
    : { kind: 'silent', trouble }
}

function namesake(cluster: Cluster, home: Cluster): Sighting {
  const which = `cluster ${cluster.name} of ${cluster.controller}`
  const said = [`here Slurm speaks to ${home.name} of ${home.controller}`]
  return { kind: 'elsewhere', cluster: cluster.name, trouble: elsewhere(which, said) }
}

function elsewhere(which: string, said: readonly string[]): Trouble {
  return { answered: true, plain: `on ${which}, not asked from here: ${said.join(' / ')}`, said }
}

export function clusterOption(cluster: string | undefined): string[] {
  return cluster === undefined ? [] : [`--clusters=${cluster}`]
}
