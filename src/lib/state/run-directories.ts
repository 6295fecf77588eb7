import { copyFile, mkdir, readdir, chmod } from 'node:fs/promises'
import { join } from 'node:path'
import * as v from 'valibot'
import type { Clock } from '../platform/clock.js'
import { cannotWrite } from '../platform/cannot-write.js'
import { AibenchError, isErrno } from '../platform/errors.js'
import type { Environment } from '../platform/environment.js'
import { makePrivateDir, writeAtomically, writeJson } from '../platform/files.js'
import { readTrustedJson, refuseUnlessPrivate } from '../platform/ownership.js'
import { instanceToMembers, runToMembers } from './migrate.js'
import { InstanceSchema, RunSchema, type Instance, type Run } from './schema.js'

/** The folders that outlive everything: what was submitted, what it logged, how it ended. 0700, files 0600. */

interface Place {
  environment: Environment
  clock: Clock
}

/**
 * Makes `<runsDir>/<utc-time>-<service>-<id>/`.
 * @throws EnvironmentError when the folder can't be made
 */
export async function createRunDirectory(
  { environment, clock }: Place,
  { id, service }: { id: string; service: string },
): Promise<string> {
  const time = clock.now().toISOString().replaceAll(/[-:]/g, '').slice(0, 15)
  const dir = join(environment.runsDir, `${time}-${service}-${id}`)
  try {
    await makePrivateDir(environment.stateDir)
    await makePrivateDir(environment.runsDir)
    await refuseUnlessPrivate(environment.runsDir)
    await mkdir(dir, { mode: 0o700 })
  } catch (error) {
    if (error instanceof AibenchError) throw error
    throw cannotWrite(environment.runsDir, error)
  }
  return dir
}

/** `job.json`: enough to rebuild the state, and to know later what ran. */
export const JobRecordSchema = v.object({
  schema: v.literal('aibench/job/2'),
  instance: InstanceSchema,
  /** The exact command line of the submission. */
  argv: v.array(v.string()),
  provenance: v.record(v.string(), v.unknown()),
})
export type JobRecord = v.InferOutput<typeof JobRecordSchema>

export interface JobFiles {
  instance: Instance
  /** File under slurm/. */
  script: string
  environment: Record<string, string>
  /** Sourced in the job before the service starts. */
  prologue?: string | null
  argv: readonly string[]
  provenance: Record<string, unknown>
}

/** Writes all that the job reads: the scripts as they are now, its settings, and what was asked. */
export async function writeJobRecord({ environment }: Place, job: JobFiles): Promise<void> {
  const { runDir, token } = job.instance
  const scripts = join(environment.installDir, 'slurm')
  try {
    await makePrivateDir(join(runDir, 'lib'))
    const parts = (await readdir(join(scripts, 'lib'))).map((name) => join('lib', name))
    for (const [from, to] of [
      [job.script, 'service.sh'],
      ...['job.sh', 'lib.sh', ...parts].map((name) => [name, name]),
    ]) {
      await copyFile(join(scripts, from), join(runDir, to))
      await chmod(join(runDir, to), 0o700)
    }
    if (job.prologue) await writeAtomically(join(runDir, 'prologue.sh'), job.prologue)
    await writeAtomically(
      join(runDir, 'job.env'),
      formatJobEnvironment({
        ...job.environment,
        AIBENCH_TOKEN: token,
        AIBENCH_SERVICE: job.instance.service,
        AIBENCH_SUBMITTED_AT: job.instance.intendedAt,
      }),
    )
    await writeJson(join(runDir, 'job.json'), {
      schema: 'aibench/job/2',
      instance: job.instance,
      argv: [...job.argv],
      provenance: job.provenance,
    } satisfies JobRecord)
  } catch (error) {
    throw cannotWrite(runDir, error)
  }
}

/**
 * Keeps what became of an instance beside what it was: its job's id, and how it ended. The state file is not the only one that knows then.
 * A run directory that is gone, or can't be written, keeps nobody from anything.
 */
export async function updateJobRecord(instance: Instance): Promise<void> {
  try {
    const record = await readJobRecord(instance.runDir)
    if (record) await writeJson(join(instance.runDir, 'job.json'), { ...record, instance })
  } catch {
    // The state file has it.
  }
}

/** `run.json` of a benchmark. @throws EnvironmentError when it can't be written */
export async function writeRunRecord(run: Run): Promise<void> {
  try {
    await writeJson(join(run.dir, 'run.json'), run)
  } catch (error) {
    throw cannotWrite(run.dir, error)
  }
}

/**
 * `NAME=base64(value)` a line: any value survives, blanks, quotes and line ends too, and the job script never evaluates it.
 */
export function formatJobEnvironment(environment: Record<string, string>): string {
  return Object.entries(environment)
    .map(([name, value]) => `${name}=${Buffer.from(value).toString('base64')}\n`)
    .join('')
}

export async function listRunDirectories(runsDir: string): Promise<string[]> {
  try {
    const entries = await readdir(runsDir, { withFileTypes: true })
    return entries
      .filter((entry) => entry.isDirectory())
      .map(({ name }) => join(runsDir, name))
      .sort()
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return []
    throw error
  }
}

export async function readJobRecord(runDir: string): Promise<JobRecord | undefined> {
  const found = await readTrustedJson(join(runDir, 'job.json'))
  const old = v.safeParse(OldJobRecordSchema, found)
  const parsed = v.safeParse(JobRecordSchema, old.success ? newer(old.output) : found)
  return parsed.success ? parsed.output : undefined
}

/** As 0.1.0 wrote it. */
const OldJobRecordSchema = v.looseObject({
  schema: v.literal('aibench/job/1'),
  instance: v.record(v.string(), v.unknown()),
})

function newer(record: v.InferOutput<typeof OldJobRecordSchema>): unknown {
  return { ...record, schema: 'aibench/job/2', instance: instanceToMembers(record.instance) }
}

/** `run.json`; undefined when there is none that can be read. */
export async function readRunRecord(dir: string): Promise<Run | undefined> {
  const found = await readTrustedJson(join(dir, 'run.json'))
  const old = v.safeParse(OldRunSchema, found)
  const parsed = v.safeParse(RunSchema, old.success ? runToMembers(old.output) : found)
  return parsed.success ? { ...parsed.output, dir } : undefined
}

/** As 0.1.0 wrote it: no job was a run. */
const OldRunSchema = v.looseObject({ job: v.optional(v.undefined()) })
