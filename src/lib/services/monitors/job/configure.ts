import { join } from 'node:path'
import { openArchive, restoreData } from '../../../monitoring/archive/open.js'
import { exists, makePrivateDir, writeAtomically, writeJson } from '../../../platform/files.js'
import { readPlan, type MonitorsPlan } from '../plan.js'
import { placeOfTsdb, refuseShared } from '../tsdb-place.js'
import { configureCollector } from './collector.js'
import {
  loginOf,
  readPorts,
  writeCommand,
  writePassword,
  type Configuring,
  type Ports,
} from './configuring.js'
import { scratchOf, type JobContext } from './context.js'
import { configureGrafana } from './grafana.js'

/**
 * Writes the configuration of every server, and the command of each, a word a line, as NAME.command; NAME.image holds the image that
 * it runs in. On the node's own disk: Prometheus reads its passwords at every request.
 */
export async function configure(context: JobContext, runDir: string): Promise<number> {
  const etc = join(scratchOf(context), 'etc')
  await makePrivateDir(etc)
  const configuring = {
    ...{ context, runDir, etc },
    plan: await readPlan(runDir),
    ports: await readPorts(runDir),
  }
  await configurePrometheus(configuring)
  if (configuring.plan.programs.node) await configureNode(configuring)
  if (configuring.plan.programs.collector) await configureCollector(configuring)
  if (configuring.plan.programs.grafana) await configureGrafana(configuring)
  return 0
}

async function configurePrometheus({ context, runDir, plan, ports, etc }: Configuring) {
  const { scrapeIntervalMs, retention, archive, allowSharedTsdb } = plan
  const { prometheus: program } = plan.programs
  const tsdb = plan.tsdbDir ?? join(scratchOf(context), 'tsdb')
  const place = await placeOfTsdb(tsdb)
  // In the job's own folder there is no choice; what it is on is told.
  if (plan.tsdbDir !== null) refuseShared(place, allowSharedTsdb)
  if (archive === null) await makePrivateDir(tsdb)
  else await restoreInto(tsdb, archive)
  await writeJson(join(runDir, 'tsdb.json'), place)
  await makePrivateDir(join(etc, 'scrape.d'))
  await writeWebConfig(join(etc, 'web.yml'), runDir, 'prometheus')
  await writePassword(etc, runDir, 'prometheus')
  const seconds = Math.max(30, Math.ceil((3 * scrapeIntervalMs) / 1000))
  // What is looked at again is not to be added to.
  const config = archive === null ? prometheusConfig(plan, ports) : 'scrape_configs: []\n'
  await writeAtomically(join(etc, 'prometheus.yml'), config)
  await writeCommand(etc, 'prometheus', program, [
    `--config.file=${join(etc, 'prometheus.yml')}`,
    `--web.config.file=${join(etc, 'web.yml')}`,
    `--web.listen-address=${ports.host}:${ports.prometheus}`,
    '--web.enable-lifecycle',
    '--web.enable-admin-api',
    `--storage.tsdb.path=${tsdb}`,
    `--storage.tsdb.retention.time=${archive === null ? retention : '100y'}`,
    // What is not told any more is gone soon: a client that ends can't say so.
    `--query.lookback-delta=${seconds}s`,
    ...(archive === null ? ['--web.enable-remote-write-receiver'] : []),
    ...(archive === null && Number.parseInt(program.version ?? '3', 10) >= 3
      ? ['--web.enable-otlp-receiver']
      : []),
  ])
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

function prometheusConfig({ scrapeIntervalMs }: MonitorsPlan, ports: Ports): string {
  return [
    'global:',
    `  scrape_interval: ${scrapeIntervalMs}ms`,
    `  scrape_timeout: ${scrapeIntervalMs}ms`,
    'scrape_configs:',
    '  - job_name: prometheus',
    '    basic_auth: { username: aibench, password_file: prometheus.password }',
    '    static_configs:',
    `      - targets: ['${ports.host}:${ports.prometheus}']`,
    '',
  ].join('\n')
}

/** The node exporter is asked by Prometheus beside it alone, and tells nobody who has no password. */
async function configureNode({ runDir, plan, ports, etc }: Configuring) {
  await writeWebConfig(join(etc, 'node-web.yml'), runDir, 'node')
  await writePassword(etc, runDir, 'node')
  await writeCommand(etc, 'node', plan.programs.node!, [
    `--web.config.file=${join(etc, 'node-web.yml')}`,
    `--web.listen-address=127.0.0.1:${ports.node}`,
  ])
}

/** bcrypt at 10 takes a tenth of a second, once: Prometheus remembers who has logged in. */
const COST = 10

async function writeWebConfig(path: string, runDir: string, name: string): Promise<void> {
  const { default: bcrypt } = await import('bcryptjs')
  const { user, password } = await loginOf(runDir, name)
  const hash = await bcrypt.hash(password, COST)
  await writeAtomically(path, `basic_auth_users:\n  ${JSON.stringify(user)}: ${hash}\n`)
}
