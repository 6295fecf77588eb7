import { X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { createSecureContext, rootCertificates, type SecureContext } from 'node:tls'
import { EnvironmentError, UsageError } from './errors.js'
import { quote } from './command-line.js'

/** Whom a client believes when a server shows its certificate. Made once: reading some hundred certificates takes 40 ms. */
export interface Trust {
  secureContext: SecureContext
  /** False: anybody is believed. */
  rejectUnauthorized: boolean
  /** By `host:port`: a connection that goes on from one before costs both sides a fraction. */
  sessions: Map<string, Buffer>
}

export interface TrustWish {
  /** PEM of the user's own authority, on top of those of the system; null for those alone. */
  caFile: string | null
  insecure: boolean
}

/** Debian, RHEL and SLES, Alpine: the first that is there. Node has a list of its own, which knows no authority of a site. */
const SYSTEM_BUNDLES = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/ssl/ca-bundle.pem',
  '/etc/ssl/cert.pem',
]
const ONE_CERTIFICATE = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g

/** @throws UsageError when the file given as `caFile` holds no certificate that can be read */
export async function openTrust(
  { caFile, insecure }: TrustWish,
  variables: NodeJS.ProcessEnv = process.env,
): Promise<Trust> {
  const own = caFile === null ? [] : await readAuthorities(caFile)
  const more = await firstReadable([variables.NODE_EXTRA_CA_CERTS])
  const system = await firstReadable([variables.SSL_CERT_FILE, ...SYSTEM_BUNDLES])
  const ca = [...own, ...more, ...system, ...rootCertificates]
  return {
    secureContext: createSecureContext({ ca }),
    rejectUnauthorized: !insecure,
    sessions: new Map(),
  }
}

async function readAuthorities(path: string): Promise<string[]> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw refused(
      error.code === 'ENOENT'
        ? `There is no CA file ${path}`
        : `The CA file ${path} can't be read: ${error.code ?? 'unknown cause'}`,
    )
  })
  const found = text.match(ONE_CERTIFICATE) ?? []
  if (found.length === 0)
    throw refused(`The CA file ${path} holds no certificate in PEM`, [
      `openssl x509 -inform der -in ${quote(path)} -out ca.pem`,
    ])
  for (const [index, pem] of found.entries())
    try {
      new X509Certificate(pem)
    } catch {
      throw refused(`Certificate ${index + 1} in the CA file ${path} can't be read`)
    }
  return found
}

function refused(message: string, hints: readonly string[] = []): UsageError {
  return new UsageError(message, { code: 'AIB_CA_FILE', hints })
}

/** What the system has is taken as it is: one bad certificate among hundreds is not the user's matter. */
async function firstReadable(paths: readonly (string | undefined)[]): Promise<string[]> {
  for (const path of paths) {
    const text = path && (await readFile(path, 'utf8').catch(() => ''))
    const found = text && text.match(ONE_CERTIFICATE)
    if (found) return found.filter(isCertificate)
  }
  return []
}

function isCertificate(pem: string): boolean {
  try {
    return new X509Certificate(pem) !== undefined
  } catch {
    return false
  }
}

const CERTIFICATE_TROUBLE: Readonly<Record<string, string>> = {
  DEPTH_ZERO_SELF_SIGNED_CERT: 'it is self-signed',
  SELF_SIGNED_CERT_IN_CHAIN: 'it is signed by an authority that is not known here',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'it is signed by an authority that is not known here',
  UNABLE_TO_GET_ISSUER_CERT: 'it is signed by an authority that is not known here',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'it is signed by an authority that is not known here',
  CERT_UNTRUSTED: 'it is signed by an authority that is not trusted here',
  CERT_SIGNATURE_FAILURE: 'its signature is wrong',
  CERT_HAS_EXPIRED: 'it has expired',
  CERT_NOT_YET_VALID: 'it is not valid yet',
  CERT_REVOKED: 'it was revoked',
  CERT_CHAIN_TOO_LONG: 'its chain is too long',
  INVALID_CA: 'its authority may not sign certificates',
  INVALID_PURPOSE: 'it is not made for a server',
  ERR_TLS_CERT_ALTNAME_INVALID: 'it is for another name',
}

/** What a further certificate file can mend. */
const UNKNOWN_AUTHORITY = /SELF_SIGNED|UNABLE_TO|CERT_UNTRUSTED/

/** `certificate`, `tls`, or undefined of an error that has nothing to do with TLS. */
export function tlsClassOf(code: string | undefined): 'certificate' | 'tls' | undefined {
  if (code === undefined) return undefined
  if (Object.hasOwn(CERTIFICATE_TROUBLE, code)) return 'certificate'
  return /^(ERR_SSL_|ERR_TLS_|EPROTO$)/.test(code) ? 'tls' : undefined
}

/** The TLS trouble of a first connection, in words, with what helps; undefined of any other error. */
export function tlsError(url: URL, error: unknown, bench: string): EnvironmentError | undefined {
  const { code, message } = error as NodeJS.ErrnoException
  const kind = tlsClassOf(code)
  if (kind === 'certificate')
    return new EnvironmentError(
      `The certificate of ${url.host} is not accepted: ${CERTIFICATE_TROUBLE[code!]}`,
      {
        code: 'AIB_CERTIFICATE',
        evidence: altNames(message) ?? code,
        hints: [...(UNKNOWN_AUTHORITY.test(code!) ? ['--ca-file FILE'] : []), '--insecure'],
      },
    )
  if (kind === 'tls')
    return new EnvironmentError(
      isPlain(message)
        ? `${url.host} does not speak TLS`
        : `${url.host} and aibench can't agree on how to speak TLS`,
      {
        code: 'AIB_TLS',
        evidence: code,
        hints: [`${bench} --url ${quote(url.href.replace(/^https/, 'http'))}`],
      },
    )
  return undefined
}

/** What OpenSSL says of an answer that is HTTP. */
function isPlain(message: string): boolean {
  return /wrong version number|packet length too long|http request/i.test(message)
}

/** Node puts the names of the certificate at the end of its message. */
function altNames(message: string): string | undefined {
  return /altnames: (.+)$/.exec(message)?.[1]
}
