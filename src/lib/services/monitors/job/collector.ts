import { join } from 'node:path'
import { capabilitiesOf } from '../../../monitoring/prometheus/versions.js'
import { writeAtomically } from '../../../platform/files.js'
import { readTokenFile } from '../../../platform/token-file.js'
import { TRACES_FILE } from '../plan.js'
import { loginOf, writeCommand, type Configuring, type Login } from './configuring.js'

/** What the Collector is set up from. */
export interface CollectorSetup {
  host: string
  httpPort: number
  grpcPort: number
  /** A file with the token alone: it is read again when it changes. */
  tokenFile: string
  token: string
  /** Prometheus, where all figures go. */
  store: Login & { url: string; protocol: 'otlp' | 'remote-write' }
  /** Where spans go, a batch a line. */
  tracesFile: string
}

/** A span is about a KB: so many in a file, and as many of the last ones in another. */
const TRACES_MEGABYTES = 256
/** The most it may hold while Prometheus is away; then it refuses, and the clients count that. */
const MEMORY_MIB = 512
/** How long what it could not hand over is tried again. */
const RETRY_FOR = '2m'

/** Its configuration and its command. Nothing it listens on answers without the token: it has neither a page of its health nor of its figures. */
export async function configureCollector({ runDir, plan, ports, etc }: Configuring): Promise<void> {
  const token = await readTokenFile(join(runDir, 'collector.token'))
  const tokenFile = join(etc, 'collector.token')
  await writeAtomically(tokenFile, token)
  const isOld = !capabilitiesOf(plan.programs.prometheus.version).otlp
  const setup: CollectorSetup = {
    ...{ host: ports.host, httpPort: ports.collector, grpcPort: ports.collectorGrpc },
    ...{ tokenFile, token, tracesFile: join(runDir, TRACES_FILE) },
    store: {
      ...(await loginOf(runDir, 'prometheus')),
      url: `http://${ports.host}:${ports.prometheus}`,
      protocol: isOld ? 'remote-write' : 'otlp',
    },
  }
  await writeAtomically(join(etc, 'collector.yaml'), collectorConfig(setup))
  await writeCommand(etc, 'collector', plan.programs.collector!, [
    `--config=${join(etc, 'collector.yaml')}`,
  ])
}

/** As JSON, which is YAML. It holds passwords. */
export function collectorConfig(setup: CollectorSetup): string {
  const { host, httpPort, grpcPort, tokenFile, store, tracesFile } = setup
  const auth = { authenticator: 'bearertokenauth' }
  const processors = ['memory_limiter', 'batch']
  const { name, exporter } = storeExporter(store)
  const config = {
    extensions: {
      bearertokenauth: { scheme: 'Bearer', filename: tokenFile },
      'basicauth/store': { client_auth: { username: store.user, password: store.password } },
    },
    receivers: {
      otlp: {
        protocols: {
          http: { endpoint: `${host}:${httpPort}`, auth },
          grpc: { endpoint: `${host}:${grpcPort}`, auth },
        },
      },
    },
    processors: {
      memory_limiter: { check_interval: '1s', limit_mib: MEMORY_MIB },
      batch: { timeout: '200ms' },
    },
    exporters: {
      [name]: {
        ...exporter,
        auth: { authenticator: 'basicauth/store' },
        retry_on_failure: { enabled: true, max_elapsed_time: RETRY_FOR },
      },
      'file/traces': {
        path: tracesFile,
        rotation: { max_megabytes: TRACES_MEGABYTES, max_backups: 1 },
      },
    },
    service: {
      extensions: ['bearertokenauth', 'basicauth/store'],
      telemetry: { logs: { level: 'info' }, metrics: { readers: [ownFigures(setup)] } },
      pipelines: {
        metrics: { receivers: ['otlp'], processors, exporters: [name] },
        traces: { receivers: ['otlp'], processors, exporters: ['file/traces'] },
      },
    },
  }
  return JSON.stringify(config, (_key, value: unknown) => literal(value), 2) + '\n'
}

/** One at a time: samples arrive in their order. */
function storeExporter({ url, protocol }: CollectorSetup['store']) {
  if (protocol === 'otlp')
    return {
      name: 'otlphttp/store',
      exporter: { endpoint: `${url}/api/v1/otlp`, sending_queue: { num_consumers: 1 } },
    }
  return {
    name: 'prometheusremotewrite/store',
    exporter: {
      endpoint: `${url}/api/v1/write`,
      remote_write_queue: { num_consumers: 1 },
      resource_to_telemetry_conversion: { enabled: true },
    },
  }
}

/** How much it took and handed on. It tells Prometheus itself, past its own pipeline; one that takes no OTLP hears of it by that. */
function ownFigures({ host, httpPort, token, store }: CollectorSetup) {
  const isDirect = store.protocol === 'otlp'
  const basic = Buffer.from(`${store.user}:${store.password}`).toString('base64')
  return {
    periodic: {
      interval: 1_000,
      exporter: {
        otlp: {
          protocol: 'http/protobuf',
          endpoint: isDirect
            ? `${store.url}/api/v1/otlp/v1/metrics`
            : `http://${host}:${httpPort}/v1/metrics`,
          headers: [
            { name: 'Authorization', value: isDirect ? `Basic ${basic}` : `Bearer ${token}` },
          ],
        },
      },
    },
  }
}

/** The Collector puts variables and files in place of `$…`. */
function literal(value: unknown): unknown {
  return typeof value === 'string' ? value.replaceAll('$', '$$$$') : value
}
