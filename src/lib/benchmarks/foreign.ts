import { isAbsolute, resolve } from 'node:path'
import { flagsOf, type ServerAddress } from '../instrument/http/access.js'
import type { MeasuredService } from '../instrument/process/worker-config.js'
import { AibenchError, UsageError } from '../platform/errors.js'
import type { Context } from '../jobs/contract.js'

/** Somebody's server, as flags name it: files as typed. */
export interface ForeignRequest {
  url?: string
  tokenFile?: string
  tokenHeader?: string
  headerFile?: string
  caFile?: string
  insecure?: boolean
}

/** The command that benchmarks such a server. */
export function benchCommand({ kind }: Pick<MeasuredService, 'kind'>): string {
  return `aibench ${kind} bench`
}

type Benched = Pick<MeasuredService, 'kind' | 'tokenFlag'>

/** The address with whole paths, so that it holds from anywhere. @throws UsageError for what is no URL of a server */
export function addressFrom(
  { environment }: Pick<Context, 'environment'>,
  service: Benched,
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
  service: Benched,
  { name, foreign }: { name?: string; foreign: ForeignRequest },
  plan: { server?: ServerAddress | null },
): ServerAddress | null {
  const { url } = foreign
  if (url !== undefined) return addressFrom(context, service, { ...foreign, url })
  return name === undefined ? (plan.server ?? null) : null
}

/** A path before /v1 stays: a proxy may stand in front of several servers. */
function urlFrom(service: Benched, text: string): string {
  const bench = benchCommand(service)
  const hints = [`${bench} --url http://127.0.0.1:8000`]
  if (!URL.canParse(text))
    throw new UsageError(`--url must be an http(s) address, not "${text}"`, { hints })
  const url = new URL(text)
  if (url.username || url.password)
    throw new UsageError('--url carries a password, which everybody on this machine can read', {
      hints: [`${bench} --url ${url.protocol}//${url.host} --header-file FILE`],
    })
  if (!['http:', 'https:'].includes(url.protocol))
    throw new UsageError(`--url begins with http:// or https://, not with ${url.protocol}`, {
      hints,
    })
  return url.origin + url.pathname.replace(/\/((v1|api\/v[12])\/?)?$/, '')
}

/** Commands about instances of ours, which somebody's server is not. */
const OF_AN_INSTANCE = /^aibench \w+ (check|logs|models|chat|start|stop|save|status|wait)\b/

/** The same error with hints about the server that was meant: each benchmark command is aimed at it, and nothing speaks of instances. */
export function aimed(error: unknown, service: Benched, server: ServerAddress | null): unknown {
  if (!server || !(error instanceof AibenchError)) return error
  error.hints = error.hints
    .filter((hint) => !OF_AN_INSTANCE.test(hint))
    .map((hint) => aimedCommand(hint, service, server))
  return error
}

/** What a command says itself stands; the rest of the address is put in behind its verb. */
export function aimedCommand(
  command: string,
  service: Benched,
  server: ServerAddress | null,
): string {
  const bench = benchCommand(service)
  if (!server || (command !== bench && !command.startsWith(`${bench} `))) return command
  const rest = command.slice(bench.length).replace(/ --url URL\b/, '')
  const flags = flagsOf(server, service.tokenFlag)
  const missing = flags.filter((flag) => !` ${rest} `.includes(` ${flag.split(' ')[0]} `))
  return `${[bench, ...missing].join(' ')}${rest}`
}

/** Before it is measured; the result says it again. */
export function warnIfInsecure(
  { warn }: Pick<Context, 'warn'>,
  server: ServerAddress | null,
): void {
  if (server?.insecure)
    warn(`--insecure: the certificate of ${new URL(server.url).host} is not checked`)
}
