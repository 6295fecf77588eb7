import { randomBytes } from 'node:crypto'
import { dirname, join } from 'node:path'
import { spanOf, type Span } from '../../../monitoring/archive/open.js'
import { DATA_SOURCE } from '../../../monitoring/data-source.js'
import {
  exists,
  listNames,
  makePrivateDir,
  readTextIfThere,
  writeAtomically,
} from '../../../platform/files.js'
import { realPath } from '../../../platform/file-system.js'
import { readTokenFile } from '../../../platform/token-file.js'
import { GRAFANA_LINK } from '../login-file.js'
import type { ProgramPlan } from '../plan.js'
import { loginOf, writeCommand, writePassword, type Configuring } from './configuring.js'
import { scratchOf } from './context.js'
import { makeLogin } from './login-link.js'

/** Where Debian's packages and the images have its pages and defaults. */
const USUAL_HOME = '/usr/share/grafana'
/** The board that it opens with. */
const HOME_BOARD = 'overview.json'
/** In `etc`: what RUN_DIR/grafana-link.token ends with. */
const LOGIN_TOKEN = 'grafana-login.token'
const LOOPBACK = '127.0.0.1'

/**
 * Its configuration, with data source and dashboards as files: nothing is left to be clicked, and all that it writes goes with the job.
 * RUN_DIR/grafana-link.token has the address that opens logged-in.
 */
export async function configureGrafana(configuring: Configuring): Promise<void> {
  const { context, runDir, plan, ports, etc } = configuring
  const program = plan.programs.grafana!
  const data = join(scratchOf(context), 'grafana')
  const provisioning = join(etc, 'provisioning')
  const dashboards = join(etc, 'dashboards')
  for (const folder of [
    ...[data, join(data, 'plugins'), dashboards],
    ...FOLDERS.map((name) => join(provisioning, name)),
  ])
    await makePrivateDir(folder)
  const kept = plan.archive === null ? undefined : await spanOf(plan.archive)
  await copyDashboards(join(context.environment.installDir, 'dashboards'), dashboards, kept)
  await writePassword(etc, runDir, 'grafana')
  await makeSecretsOnce(configuring)
  await writeLink(configuring)
  await writeAtomically(
    join(provisioning, 'datasources', 'prometheus.yaml'),
    dataSources({
      url: `http://${ports.host}:${ports.prometheus}`,
      user: (await loginOf(runDir, 'prometheus')).user,
      passwordFile: join(etc, 'prometheus.password'),
      scrapeIntervalMs: plan.scrapeIntervalMs,
      prometheusVersion: plan.programs.prometheus.version,
    }),
  )
  await writeAtomically(join(provisioning, 'dashboards', 'aibench.yaml'), providers(dashboards))
  await writeAtomically(
    join(etc, 'grafana.ini'),
    grafanaIni({
      ...{ host: ports.host, port: ports.grafana },
      user: (await loginOf(runDir, 'grafana')).user,
      passwordFile: join(etc, 'grafana.password'),
      publicKeyFile: join(etc, 'grafana-login.pem'),
      secretKeyFile: join(etc, 'grafana.key'),
      homeBoard: join(dashboards, HOME_BOARD),
    }),
  )
  await writeCommand(etc, 'grafana', program, [
    `--homepath=${await homeOf(program)}`,
    `--config=${join(etc, 'grafana.ini')}`,
    // An image says where these are by its environment, which is stronger than the file; this is stronger than both.
    `cfg:paths.data=${data}`,
    `cfg:paths.logs=${join(data, 'log')}`,
    `cfg:paths.plugins=${join(data, 'plugins')}`,
    `cfg:paths.provisioning=${provisioning}`,
  ])
}

/** One that is configured again goes on with them: it reads them at its start alone. */
async function makeSecretsOnce({ context, plan, etc }: Configuring): Promise<void> {
  const publicKeyFile = join(etc, 'grafana-login.pem')
  if (await exists(publicKeyFile)) return
  const login = await makeLogin(context.clock.now(), plan.timeLimitMs)
  await writeAtomically(join(etc, 'grafana.key'), randomBytes(32).toString('base64url'))
  await writeAtomically(join(etc, LOGIN_TOKEN), `${login.token}\n`)
  await writeAtomically(publicKeyFile, login.publicKey)
}

/** Its port may be another one by now. On the loopback: there it is on this machine, and there a tunnel ends. */
async function writeLink({ runDir, ports, etc }: Configuring): Promise<void> {
  const token = await readTokenFile(join(etc, LOGIN_TOKEN))
  const link = `http://${LOOPBACK}:${ports.grafana}/?auth_token=${token}\n`
  await writeAtomically(join(runDir, GRAFANA_LINK), link)
}

/** Those that it looks for: of one that is missing it logs an error. */
const FOLDERS = ['datasources', 'dashboards', 'plugins', 'alerting', 'access-control']

/** @param kept the time that they are to open on, where it is over */
async function copyDashboards(from: string, to: string, kept: Span | undefined): Promise<void> {
  for (const name of await listNames(from)) {
    if (!name.endsWith('.json')) continue
    const text = (await readTextIfThere(join(from, name))) ?? ''
    await writeAtomically(join(to, name), kept ? openingOn(text, kept) : text)
  }
}

/** The same dashboard, of a time that is over: nothing comes to it any more. */
export function openingOn(dashboard: string, { from, to }: Span): string {
  const time = { from: new Date(from).toISOString(), to: new Date(to).toISOString() }
  return inYaml({ ...(JSON.parse(dashboard) as object), time, refresh: '' })
}

/** Beside the folder of the program in what is unpacked from an archive. */
async function homeOf({ argv, image }: ProgramPlan): Promise<string> {
  if (image) return USUAL_HOME
  const beside = dirname(dirname(await realPath(argv[0])))
  return (await exists(join(beside, 'conf', 'defaults.ini'))) ? beside : USUAL_HOME
}

export interface GrafanaSetup {
  host: string
  port: number
  user: string
  passwordFile: string
  /** Of the key that signs logins. */
  publicKeyFile: string
  secretKeyFile: string
  homeBoard: string
}

type Section = Readonly<Record<string, string | number | boolean>>

/** It asks everybody who he is, tells nobody outside anything, and fetches nothing. */
export function grafanaIni(setup: GrafanaSetup): string {
  const sections: Readonly<Record<string, Section>> = {
    server: {
      protocol: 'http',
      http_addr: setup.host,
      http_port: setup.port,
      // As the browser calls it: of another origin it would take no live connection.
      domain: LOOPBACK,
      enforce_domain: false,
      router_logging: false,
    },
    database: { type: 'sqlite3', wal: true },
    security: {
      admin_user: setup.user,
      admin_password: `$__file{${setup.passwordFile}}`,
      secret_key: `$__file{${setup.secretKeyFile}}`,
      disable_gravatar: true,
      allow_embedding: false,
      // Nobody guesses 32 random bytes; but whoever tries would lock out who knows them.
      disable_brute_force_login_protection: true,
    },
    users: { allow_sign_up: false, allow_org_create: false },
    // Cookies do not tell ports apart: two of these on one address would log each other out.
    auth: { disable_login_form: false, login_cookie_name: `aibench_${setup.port}` },
    'auth.anonymous': { enabled: false },
    'auth.basic': { enabled: true },
    'auth.jwt': {
      enabled: true,
      header_name: 'X-JWT-Assertion',
      url_login: true,
      enable_login_token: true,
      key_file: setup.publicKeyFile,
      expect_claims: '{"iss":"aibench"}',
      username_claim: 'sub',
      email_claim: 'email',
      role_attribute_path: 'role',
      role_attribute_strict: true,
      allow_assign_grafana_admin: false,
      auto_sign_up: true,
    },
    analytics: {
      reporting_enabled: false,
      check_for_updates: false,
      check_for_plugin_updates: false,
      feedback_links_enabled: false,
    },
    dashboards: { min_refresh_interval: '1s', default_home_dashboard_path: setup.homeBoard },
    snapshots: { enabled: false, external_enabled: false },
    public_dashboards: { enabled: false },
    news: { news_feed_enabled: false },
    plugins: {
      preinstall_disabled: true,
      plugin_admin_enabled: false,
      public_key_retrieval_disabled: true,
    },
    unified_alerting: { enabled: false },
    alerting: { enabled: false },
    // Its own figures would be everybody's to read.
    metrics: { enabled: false },
    // Its database is new each time: how that is made is hundreds of lines.
    log: { mode: 'console', level: 'info', filters: 'migrator:warn' },
  }
  return Object.entries(sections)
    .map(([name, section]) => `[${name}]\n${linesOf(section)}\n`)
    .join('\n')
}

function linesOf(section: Section): string {
  return Object.entries(section)
    .map(([key, value]) => `${key} = ${value}\n`)
    .join('')
}

export interface DataSourceSetup {
  url: string
  user: string
  passwordFile: string
  scrapeIntervalMs: number
  prometheusVersion: string | null
}

/** As JSON, which is YAML. The password stays in its file. */
export function dataSources(setup: DataSourceSetup): string {
  const { url, user, passwordFile, scrapeIntervalMs, prometheusVersion } = setup
  return inYaml({
    apiVersion: 1,
    prune: true,
    datasources: [
      {
        ...DATA_SOURCE,
        type: 'prometheus',
        access: 'proxy',
        orgId: 1,
        url,
        isDefault: true,
        editable: false,
        basicAuth: true,
        basicAuthUser: user,
        jsonData: {
          httpMethod: 'POST',
          timeInterval: `${scrapeIntervalMs}ms`,
          prometheusType: 'Prometheus',
          ...(prometheusVersion === null ? {} : { prometheusVersion }),
        },
        secureJsonData: { basicAuthPassword: `$__file{${passwordFile}}` },
      },
    ],
  })
}

export function providers(folder: string): string {
  return inYaml({
    apiVersion: 1,
    providers: [
      {
        name: 'aibench',
        orgId: 1,
        type: 'file',
        disableDeletion: true,
        allowUiUpdates: false,
        updateIntervalSeconds: 10,
        options: { path: folder },
      },
    ],
  })
}

function inYaml(value: unknown): string {
  return JSON.stringify(value, null, 2) + '\n'
}
