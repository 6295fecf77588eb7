import { parseArgs } from 'node:util'
import { UsageError } from '../platform/errors.js'

export interface GateArguments {
  host: string
  /** 0: any free one. */
  port: number
  target: URL
  tokenFile: string
  /** A process: the target is in its network, where nobody else gets; the gate listens in ours. */
  inside?: number
  upstreamTokenFile?: string
}

const USAGE =
  'node gate.js --listen HOST:PORT --target http://127.0.0.1:PORT --token-file FILE [--upstream-token-file FILE] [--inside PID]'

/** Everybody on the node can read a command line: it names files, never what is in them. */
export function parseArguments(argv: readonly string[]): GateArguments {
  const values = valuesOf(argv)
  const { listen, target, 'token-file': tokenFile } = values
  if (!listen || !target || !tokenFile)
    throw wrong('--listen, --target and --token-file are all needed')
  return {
    ...parseListen(listen),
    target: parseTarget(target),
    tokenFile,
    upstreamTokenFile: values['upstream-token-file'],
    ...(values.inside === undefined ? {} : { inside: parsePid(values.inside) }),
  }
}

function valuesOf(argv: readonly string[]) {
  const type = 'string'
  const options = {
    listen: { type },
    target: { type },
    'token-file': { type },
    'upstream-token-file': { type },
    inside: { type },
  } as const
  try {
    return parseArgs({ args: [...argv], options }).values
  } catch (error) {
    throw wrong((error as Error).message)
  }
}

function parseListen(text: string): { host: string; port: number } {
  const [, ipv6, name, digits] = /^(?:\[([^\]\s]+)\]|([^:\s]+)):(\d{1,5})$/.exec(text) ?? []
  const port = Number(digits)
  if (!(port <= 65_535)) throw wrong(`--listen takes HOST:PORT, or [IPV6]:PORT, and got "${text}"`)
  return { host: ipv6 ?? name, port }
}

function parsePid(text: string): number {
  if (/^[1-9]\d*$/.test(text)) return Number(text)
  throw wrong(`--inside takes the number of a process, and got "${text}"`)
}

/** An address and nothing else: a path would change what clients ask for, a password would be readable by all. */
function parseTarget(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined
  const isPlain = url?.protocol === 'http:' && url.href === `http://${url.host}/`
  if (!url || !isPlain)
    throw wrong('--target takes http://HOST:PORT: no path, no query, no password, no https')
  return url
}

function wrong(message: string): UsageError {
  return new UsageError(message, { hints: [USAGE] })
}
