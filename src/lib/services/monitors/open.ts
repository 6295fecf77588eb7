import { resolve } from 'node:path'
import type { Context } from '../../jobs/contract.js'
import type { InstanceReport } from '../../jobs/reports.js'
import { startInstance } from '../../jobs/start.js'
import { countSamples } from '../../monitoring/archive/ask.js'
import type { Manifest } from '../../monitoring/archive/manifest.js'
import { openArchive, verifyArchive } from '../../monitoring/archive/open.js'
import { UnreachableError } from '../../platform/errors.js'
import { exists } from '../../platform/files.js'
import type { Instance } from '../../state/schema.js'
import { figuresOf } from './figures.js'
import { MONITORS } from './words.js'
import { keepRescued } from './rescued.js'
import { grafanaLinkOf } from './login-file.js'

export interface OpenRequest {
  /** A folder or a .zip; or the name of monitors that are still known. */
  archive: string
  name?: string
  prometheus?: string
  grafana?: string
  timeLimitMs: number
  timeoutMs: number
}

export interface OpenReport {
  instance: InstanceReport
  /** What was opened. */
  path: string
  /** Of the manifest, without its files. */
  archive: Omit<Manifest, 'files'> & { files: number }
  /** How many samples a query finds now, up to the moment of the manifest's count; null where there is nothing to compare with. */
  counted: number | null
  /** As of a check: a file with the address that opens Grafana logged-in; null where there is no Grafana. */
  grafanaLink: string | null
}

/**
 * Opens saved figures again, on this machine, on a copy of them: Prometheus, and Grafana where there is one. Nothing is added to them and
 * nothing grows too old.
 * @throws NotFoundError, UsageError for what is no archive, or not as it was made
 * @throws what a start throws
 */
export async function openSaved(context: Context, request: OpenRequest): Promise<OpenReport> {
  const path = await find(context, request.archive)
  const { files, ...manifest } = await verified(context, path)
  const { prometheus, grafana, timeLimitMs, timeoutMs } = request
  const { instance } = await startInstance(context, {
    service: MONITORS.kind,
    name: request.name ?? `${manifest.instance.name}-saved`,
    options: {
      archive: path,
      ...(prometheus === undefined ? {} : { prometheus }),
      ...(grafana === undefined ? {} : { grafana }),
    },
    scheduler: 'local',
    resources: { timeLimitMs },
    wait: true,
    timeoutMs,
  })
  const counted = await countAgain(context, instance.id, manifest)
  if (counted !== null && counted !== manifest.counted!.samples)
    context.warn(
      `${counted} samples are found, of ${manifest.counted!.samples} that were there when it was made`,
    )
  return {
    ...{ instance, path, counted },
    grafanaLink: await grafanaLinkOf(instance),
    archive: { ...manifest, files: Object.keys(files).length },
  }
}

/** A file comes before a name. */
async function find(context: Context, word: string): Promise<string> {
  const path = resolve(context.environment.cwd, word)
  if (await exists(path)) return path
  const { instances } = await context.state.read()
  const known = Object.values(instances)
    .filter((one): one is Instance => one.service === MONITORS.kind)
    .sort((a, b) => b.intendedAt.localeCompare(a.intendedAt))
    .find(({ id, name }) => id === word || name === word)
  if (!known) return path
  await keepRescued(context, known.runDir)
  return known.runDir
}

async function verified(context: Context, path: string): Promise<Manifest> {
  const step = context.progress.step('verified')
  const archive = await openArchive(path)
  try {
    await verifyArchive(archive)
  } finally {
    archive.files.close()
  }
  step.done(`${Object.keys(archive.manifest.files).length} files`)
  return archive.manifest
}

async function countAgain(
  context: Context,
  id: string,
  { counted, from }: Pick<Manifest, 'counted' | 'from'>,
): Promise<number | null> {
  if (counted === null || from === null) return null
  const { [id]: instance } = (await context.state.read()).instances
  const store = instance && (await figuresOf(context, instance))
  const found = store && (await countSamples(context.http, store.api, { from, at: counted.at }))
  if (found !== undefined) return found
  throw new UnreachableError('The saved samples could not be counted', {
    code: 'AIB_UNREACHABLE',
    where: instance?.runDir,
  })
}
