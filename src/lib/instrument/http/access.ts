import * as v from 'valibot'
import { UsageError } from '../../platform/errors.js'
import { readHeaderFile } from '../../platform/header-file.js'
import { httpWith, type Http } from '../../platform/http.js'
import { quote } from '../../platform/command-line.js'
import { readTokenFile } from '../../platform/token-file.js'
import { openTrust, type Trust } from '../../platform/trust.js'

/** How a server wants to be spoken to: names of files, for this stands in plans and configs, where no secret may. */
export const AccessSchema = v.object({
  /** 0600 file with a token; null when the server asks for none. */
  tokenFile: v.nullable(v.string()),
  /** The header that carries the token as it is; null: `Authorization: Bearer`. */
  tokenHeader: v.nullable(v.string()),
  /** 0600 file of `Name: value` lines. */
  headerFile: v.nullable(v.string()),
  /** PEM of an authority that the system does not know. */
  caFile: v.nullable(v.string()),
  /** Any certificate is taken. */
  insecure: v.boolean(),
})
export type Access = v.InferOutput<typeof AccessSchema>

/** Somebody's server: its address, and how it wants to be spoken to. */
export const ServerAddressSchema = v.object({ url: v.string(), ...AccessSchema.entries })
export type ServerAddress = v.InferOutput<typeof ServerAddressSchema>

/**
 * Through what a benchmark reached its server: the node's own loopback; the token gate of ours; a network, by HTTP; TLS, wherever to.
 */
export const MeasuringPathSchema = v.picklist(['loopback', 'gate', 'network', 'https'])
export type MeasuringPath = v.InferOutput<typeof MeasuringPathSchema>

export const OPEN: Access = {
  tokenFile: null,
  tokenHeader: null,
  headerFile: null,
  caFile: null,
  insecure: false,
}

/** What the files said. Headers are secrets. */
export interface OpenedAccess {
  headers: Readonly<Record<string, string>>
  /** Of an `https:` URL; null of any other. */
  trust: Trust | null
  http: Http
}

/** What a reader of the result should know of how the server was reached. */
export function accessWarnings({ access }: { access?: Access }): string[] {
  return access?.insecure
    ? ['--insecure: nobody checked whose certificate it was; somebody else may have answered']
    : []
}

/** The flags that aim a command at it again, in the words of the shell. @param tokenFlag `--api-key-file` */
export function flagsOf(server: ServerAddress, tokenFlag: string): string[] {
  const { url, tokenFile, tokenHeader, headerFile, caFile, insecure } = server
  const given = [
    ['--url', url],
    [tokenFlag, tokenFile],
    ['--token-header', tokenHeader],
    ['--header-file', headerFile],
    ['--ca-file', caFile],
  ] as const
  return [
    ...given.flatMap(([flag, value]) => (value === null ? [] : [`${flag} ${quote(value)}`])),
    ...(insecure ? ['--insecure'] : []),
  ]
}

/** Of a worker's config. @throws UsageError as {@link openAccess} */
export function accessOf(config: {
  url: string
  tokenFile: string | null
  access?: Access
}): Promise<OpenedAccess> {
  return openAccess(config.url, config.access ?? { ...OPEN, tokenFile: config.tokenFile })
}

/** @throws UsageError for a file that can't be used, and for two tokens where one belongs */
export async function openAccess(url: string, access: Access): Promise<OpenedAccess> {
  const { tokenFile, headerFile, tokenHeader } = access
  const own = headerFile === null ? {} : await readHeaderFile(headerFile)
  const token = tokenFile === null ? null : await readTokenFile(tokenFile)
  const name = (tokenHeader ?? 'authorization').toLowerCase()
  if (token !== null && Object.hasOwn(own, name))
    throw new UsageError(`Both the token file and the header file set ${name}`, {
      code: 'AIB_HEADER_FILE',
      hints: ['one of --header-file and the token file'],
    })
  const headers: Record<string, string> =
    token === null ? own : { ...own, [name]: tokenHeader === null ? `Bearer ${token}` : token }
  const trust = url.startsWith('https:') ? await openTrust(access) : null
  return { headers, trust, http: httpWith(headers, trust) }
}
