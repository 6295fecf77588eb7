import { join } from 'node:path'
import type { Context } from '../../jobs/contract.js'
import { makeArchive } from '../../monitoring/archive/make.js'
import { aibench } from '../../platform/command-line.js'
import { exists, removeTree } from '../../platform/files.js'
import { readJobRecord } from '../../state/run-directories.js'
import type { Instance } from '../../state/schema.js'
import { readPlan } from './plan.js'
import { secretsIn } from './secrets.js'

/**
 * Of a job whose script was killed, what lay on its node was brought to RUN_DIR/rescued: it becomes an archive. Can be done any number of
 * times; does nothing where nothing was rescued.
 */
export async function keepRescued(
  context: Pick<Context, 'http' | 'clock' | 'version'>,
  runDir: string,
): Promise<void> {
  const rescued = join(runDir, 'rescued')
  const tsdb = join(rescued, 'tsdb')
  const record = (await exists(tsdb)) ? await readJobRecord(runDir) : undefined
  if (!record) return
  const { id, name, restarts } = record.instance
  const { programs, archive } = await readPlan(runDir)
  if (archive === null)
    await makeArchive(context, {
      into: runDir,
      version: context.version,
      instance: { id, name, life: restarts },
      prometheus: { version: programs.prometheus.version, api: null, tsdb },
      folders: { etc: join(rescued, 'etc'), metrics: join(runDir, 'metrics') },
      secrets: await secretsIn(runDir),
    })
  await removeTree(rescued)
}

/** Of a job that has ended: its archive, or a word that there is none. The disk that was full may have been the log's too. */
export async function keptAfterEnd(context: Context, instance: Instance): Promise<void> {
  const { runDir, name, readyAt, options } = instance
  await keepRescued(context, runDir)
  // What was opened is read-only: it has nothing to save.
  if (readyAt === null || options.archive != null) return
  if (await exists(join(runDir, 'archive', 'manifest.json'))) return
  const log = aibench('monitors', 'logs', name, '--stderr')
  context.warn(`the data of ${name} were not saved; ${log} may say why`)
}
