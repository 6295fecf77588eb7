import { join } from 'node:path'
import * as v from 'valibot'
import { authorizationOf } from '../../../jobs/token-files.js'
import { makeArchive, type MadeArchive } from '../../../monitoring/archive/make.js'
import { keepLastPages } from '../../../monitoring/archive/pages.js'
import { BugError } from '../../../platform/errors.js'
import { readJsonIfThere } from '../../../platform/files.js'
import { formatBytes, formatCount } from '../../../platform/units.js'
import { readJobRecord } from '../../../state/run-directories.js'
import { readPlan } from '../plan.js'
import { secretsIn } from '../secrets.js'
import { tsdbOf } from '../tsdb-place.js'
import { readPorts } from './configuring.js'
import { scratchOf, type JobContext } from './context.js'

/** Keeps what was watched, before the servers end. */
export async function archive(context: JobContext, runDir: string): Promise<number> {
  const begun = context.clock.monotonicMs()
  const made = await archiveOf(context, runDir)
  if (!made) return 0
  const { manifest, bytes } = made
  const ms = context.clock.monotonicMs() - begun
  const seconds = (ms / 1000).toFixed(1)
  const size = formatBytes(bytes)
  context.say(
    manifest.why === undefined
      ? `kept in archive: ${formatCount(manifest.samples)} samples, ${size}, in ${seconds} s`
      : `kept in archive: a copy of the data, ${size}, in ${seconds} s; no snapshot could be made: ${manifest.why}`,
  )
  return 0
}

/** @returns undefined where there is nothing to keep: not begun yet, or an archive that is only looked at */
export async function archiveOf(
  context: JobContext,
  runDir: string,
): Promise<MadeArchive | undefined> {
  const { programs, archive: opened } = await readPlan(runDir)
  const tsdb = await tsdbOf(runDir)
  if (opened !== null || tsdb === undefined) return undefined
  const record = await readJobRecord(runDir)
  if (!record) throw new BugError(`${runDir} holds no record of its job`)
  const { id, name } = record.instance
  const { host, prometheus: port } = await readPorts(runDir)
  const { installDir } = context.environment
  const etc = join(scratchOf(context), 'etc')
  await keepLastPages(context.http, join(runDir, 'metrics'))
  return makeArchive(context, {
    into: runDir,
    version: await versionOf(installDir),
    instance: { id, name, life: lifeOf(context) },
    prometheus: {
      version: programs.prometheus.version,
      tsdb,
      api: {
        url: `http://${host}:${port}`,
        authorization: await authorizationOf(join(runDir, 'prometheus.token'), 'basic'),
      },
    },
    folders: {
      etc,
      dashboards: join(installDir, 'dashboards'),
      metrics: join(runDir, 'metrics'),
    },
    secrets: await secretsIn(runDir),
  })
}

async function versionOf(installDir: string): Promise<string> {
  const schema = v.object({ version: v.string() })
  return v.parse(schema, await readJsonIfThere(join(installDir, 'package.json'))).version
}

/** A job that is requeued begins again, with a data folder of its own. */
function lifeOf({ environment }: JobContext): number {
  return Number(environment.variables.SLURM_RESTART_COUNT ?? 0)
}
