import { isAbsolute, resolve } from 'node:path'
import {
  flagsOf,
  openAccess,
  type MeasuringPath,
  type ServerAddress,
} from '../instrument/http/access.js'
import { hello } from '../instrument/http/hello.js'
import { knock } from '../instrument/http/knock.js'
import { AibenchError, UsageError } from '../platform/errors.js'
import type { Context } from '../jobs/contract.js'
import type { Target } from './target.js'

/** Somebody's server, as flags name it: files as typed. */
export interface ForeignRequest {
  url?: string
  tokenFile?: string
  tokenHeader?: string
  headerFile?: string
  caFile?: string
  insecure?: boolean
}

/** The address with whole paths, so that it holds from anywhere. @throws UsageError for what is no URL of a server */
export function addressFrom(
  { environment }: Pick<Context, 'environment'>,
  service: string,
  request: ForeignRequest & { url: string },
): ServerAddress {
  const path = (file?: string) =>
    file === undefined ? null : isAbsolute(file) ? file : resolve(environment.cwd, file)
  return {
    url: urlFrom(service, request.url),
    tokenFile: path(request.tokenFile),
    tokenHeader: request.tokenHeader ?? null,
    headerFile: path(request.headerFile),
    caFile: path(request.caFile),
    insecure: request.insecure ?? false,
  }
}

/** As this command's flags say; else, when no instance is named, as the plan remembers. */
export function serverOf(
  context: Pick<Context, 'environment'>,
  service: string,
  { name, foreign }: { name?: string; foreign: ForeignRequest },
  plan: { server?: ServerAddress | null },
): ServerAddress | null {
  const { url } = foreign
  if (url !== undefined) return addressFrom(context, service, { ...foreign, url })
  return name === undefined ? (plan.server ?? null) : null
}

/** A path before /v1 stays: a proxy may stand in front of several servers. */
function urlFrom(service: string, text: string): string {
  const hints = [`aibench ${service} bench --url http://127.0.0.1:8000`]
  if (!URL.canParse(text))
    throw new UsageError(`--url must be an http(s) address, not "${text}"`, { hints })
  const url = new URL(text)
  if (url.username || url.password)
    throw new UsageError('--url carries a password, which everybody on this machine can read', {
      hints: [`aibench ${service} bench --url ${url.protocol}//${url.host} --header-file FILE`],
    })
  if (!['http:', 'https:'].includes(url.protocol))
    throw new UsageError(`--url begins with http:// or https://, not with ${url.protocol}`, {
      hints,
    })
  return url.origin + url.pathname.replace(/\/((v1|api\/v[12])\/?)?$/, '')
}

/**
 * Reads the files and opens a connection: a name that is mistyped or a certificate that is not known here is found before any work.
 * @throws UsageError, EnvironmentError or UnreachableError
 */
export async function foreignTarget(service: string, server: ServerAddress): Promise<Target> {
  const url = new URL(server.url)
  const bench = `aibench ${service} bench`
  try {
    const { headers, trust, http } = await openAccess(server.url, server)
    await knock(url, trust, bench)
    const { simulated, gate } = await hello(http, server.url, SAYS_WHO_IT_IS[service] ?? [])
    return {
      label: url.origin,
      url: server.url,
      observation: null,
      beside: (argv) => argv,
      serverPid: null,
      tokenFile: server.tokenFile,
      server,
      headers: Object.keys(headers),
      path: gate && url.protocol === 'http:' ? 'gate' : pathOf(url),
      simulated,
    }
  } catch (error) {
    throw aimed(error, service, server)
  }
}

/** Where servers of a kind say what they are. */
const SAYS_WHO_IT_IS: Readonly<Record<string, readonly string[]>> = {
  vllm: ['/version', '/v1/models'],
  chroma: ['/api/v2/version'],
}

function pathOf({ protocol, hostname }: URL): MeasuringPath {
  if (protocol === 'https:') return 'https'
  return /^(localhost|127\.[\d.]+|\[::1\])$/.test(hostname) ? 'loopback' : 'network'
}

/** Commands about instances of ours, which somebody's server is not. */
const OF_AN_INSTANCE = /^aibench \w+ (check|logs|models|chat|start|stop|save|status|wait)\b/

/** The same error with hints about the server that was meant: each benchmark command is aimed at it, and nothing speaks of instances. */
export function aimed(error: unknown, service: string, server: ServerAddress | null): unknown {
  if (!server || !(error instanceof AibenchError)) return error
  error.hints = error.hints
    .filter((hint) => !OF_AN_INSTANCE.test(hint))
    .map((hint) => aimedCommand(hint, service, server))
  return error
}

/** Of the result: the address, and the command that measures it again. */
export function foreignRecord(service: string, runId: string, server: ServerAddress | null) {
  if (!server) return {}
  const again = aimedCommand(`aibench ${service} bench --plan ${runId}`, service, server)
  return { address: server, again }
}

/** What a command says itself stands; the rest of the address is put in behind its verb. */
export function aimedCommand(command: string, service: string, server: ServerAddress): string {
  const bench = `aibench ${service} bench`
  if (command !== bench && !command.startsWith(`${bench} `)) return command
  const rest = command.slice(bench.length).replace(/ --url URL\b/, '')
  const flags = flagsOf(server, TOKEN_FLAG[service] ?? '--token-file')
  const missing = flags.filter((flag) => !` ${rest} `.includes(` ${flag.split(' ')[0]} `))
  return `${[bench, ...missing].join(' ')}${rest}`
}

export const TOKEN_FLAG: Readonly<Record<string, string>> = { vllm: '--api-key-file' }

/** Before it is measured; the result says it again. */
export function warnIfInsecure(
  { warn }: Pick<Context, 'warn'>,
  server: ServerAddress | null,
): void {
  if (server?.insecure)
    warn(`--insecure: the certificate of ${new URL(server.url).host} is not checked`)
}
