import { join } from 'node:path'
import { openArchive, restoreData } from '../../../monitoring/archive/open.js'
import {
  prometheusConfig,
  SCRAPE_FOLDER,
  type ConfigParts,
} from '../../../monitoring/prometheus/config.js'
import { capabilitiesOf } from '../../../monitoring/prometheus/versions.js'
import type { ScrapeTarget } from '../../../monitoring/targets.js'
import { BugError } from '../../../platform/errors.js'
import { exists, makePrivateDir, writeAtomically, writeJson } from '../../../platform/files.js'
import { readJobRecord } from '../../../state/run-directories.js'
import { placeOfTsdb, refuseShared } from '../tsdb-place.js'
import { loginOf, writeCommand, writePassword, type Configuring } from './configuring.js'
import { scratchOf } from './context.js'
import { labelsOf, nodeName } from './labels.js'

export async function configurePrometheus(configuring: Configuring): Promise<void> {
  const { context, runDir, plan, etc } = configuring
  const { archive, allowSharedTsdb } = plan
  const { prometheus: program } = plan.programs
  const tsdb = plan.tsdbDir ?? join(scratchOf(context), 'tsdb')
  const place = await placeOfTsdb(tsdb)
  // In the job's own folder there is no choice; what it is on is told.
  if (plan.tsdbDir !== null) refuseShared(place, allowSharedTsdb)
  if (archive === null) await makePrivateDir(tsdb)
  else await restoreInto(tsdb, archive)
  await writeJson(join(runDir, 'tsdb.json'), place)
  await makePrivateDir(join(etc, SCRAPE_FOLDER))
  await writeWebConfig(join(etc, 'web.yml'), runDir, 'prometheus')
  await writePassword(etc, runDir, 'prometheus')
  // What is looked at again is not to be added to.
  const config =
    archive === null ? prometheusConfig(await configPartsOf(configuring)) : 'scrape_configs: []\n'
  await writeAtomically(join(etc, 'prometheus.yml'), config)
  await writeCommand(etc, 'prometheus', program, prometheusFlags(configuring, tsdb))
}

/** The words of its command line. */
export function prometheusFlags(
  { plan, ports, etc }: Pick<Configuring, 'plan' | 'ports' | 'etc'>,
  tsdb: string,
): string[] {
  const { scrapeIntervalMs, retention, archive, programs } = plan
  const { otlp, discoveryReloadInterval } = capabilitiesOf(programs.prometheus.version)
  const seconds = Math.max(30, Math.ceil((3 * scrapeIntervalMs) / 1000))
  const flags = [
    `--config.file=${join(etc, 'prometheus.yml')}`,
    `--web.config.file=${join(etc, 'web.yml')}`,
    `--web.listen-address=${ports.host}:${ports.prometheus}`,
    '--web.enable-lifecycle',
    '--web.enable-admin-api',
    `--storage.tsdb.path=${tsdb}`,
    `--storage.tsdb.retention.time=${archive === null ? retention : '100y'}`,
    // What is not told any more is gone soon: a client that ends can't say so.
    `--query.lookback-delta=${seconds}s`,
  ]
  if (archive !== null) return flags
  flags.push('--web.enable-remote-write-receiver')
  if (otlp) flags.push('--web.enable-otlp-receiver')
  // Of itself it lets what is new wait for 5 s more; to look oftener costs nothing while there is nothing new.
  if (discoveryReloadInterval) flags.push('--scrape.discovery-reload-interval=100ms')
  return flags
}

/** Once: a port that was taken makes the script ask again. */
async function restoreInto(tsdb: string, path: string): Promise<void> {
  if (await exists(tsdb)) return
  const archive = await openArchive(path)
  try {
    await restoreData(archive, tsdb)
  } finally {
    archive.files.close()
  }
}

/** What its configuration consists of, without what is attached. */
export async function configPartsOf(configuring: Configuring): Promise<ConfigParts> {
  const { scrapeIntervalMs, programs } = configuring.plan
  return {
    scrapeIntervalMs,
    capabilities: capabilitiesOf(programs.prometheus.version),
    selfTargets: await selfTargets(configuring),
  }
}

/** What runs in this job from its start to its end. The Collector tells its figures itself. */
async function selfTargets({ context, runDir, plan, ports, etc }: Configuring) {
  const record = await readJobRecord(runDir)
  if (!record) throw new BugError(`${runDir} holds no record of its job`)
  const { SLURM_JOB_ID, AIBENCH_LOCAL_JOB_ID } = context.environment.variables
  // The record was written before the job had its number.
  const jobId = SLURM_JOB_ID ?? AIBENCH_LOCAL_JOB_ID ?? null
  const labels = labelsOf({ ...record.instance, jobId }, nodeName(context))
  const target = async (job: 'prometheus' | 'node', url: string): Promise<ScrapeTarget> => ({
    name: `monitors-${job}`,
    ...{ labels, endpoints: [{ url, path: '/metrics', job }], sampleLimit: 0 },
    credentials: {
      kind: 'basic',
      user: (await loginOf(runDir, job)).user,
      file: join(etc, `${job}.password`),
    },
  })
  return [
    await target('prometheus', `http://${ports.host}:${ports.prometheus}`),
    ...(plan.programs.node ? [await target('node', `http://127.0.0.1:${ports.node}`)] : []),
  ]
}

/** The node exporter is asked by Prometheus beside it alone, and tells nobody who has no password. */
export async function configureNode({ runDir, plan, ports, etc }: Configuring) {
  await writeWebConfig(join(etc, 'node-web.yml'), runDir, 'node')
  await writePassword(etc, runDir, 'node')
  await writeCommand(etc, 'node', plan.programs.node!, [
    `--web.config.file=${join(etc, 'node-web.yml')}`,
    `--web.listen-address=127.0.0.1:${ports.node}`,
  ])
}

/** bcrypt at 10 takes a tenth of a second, once: Prometheus remembers who has logged in. */
const COST = 10

/** Appears whole: it is read at every request. */
export async function writeWebConfig(path: string, runDir: string, name: string): Promise<void> {
  const { default: bcrypt } = await import('bcryptjs')
  const { user, password } = await loginOf(runDir, name)
  const hash = await bcrypt.hash(password, COST)
  await writeAtomically(path, `basic_auth_users:\n  ${JSON.stringify(user)}: ${hash}\n`)
}
