import { generateKeyPair, sign } from 'node:crypto'
import { promisify } from 'node:util'

/** Who the link logs in. Not the administrator that the password is of: that one is Grafana's own, and a link may name no such. */
const WHO = { sub: 'aibench-link', email: 'aibench-link@localhost', name: 'aibench', role: 'Admin' }
/** Longer than any job. */
const VALID_S = 400 * 24 * 3600

export interface LoginLink {
  /** A JSON web token. */
  token: string
  /** PEM, of the key that signed it; that key itself is kept nowhere. */
  publicKey: string
}

/** A token that lets its holder in, signed by a key of its own. */
export async function makeLogin(now: Date): Promise<LoginLink> {
  const { publicKey, privateKey } = await promisify(generateKeyPair)('rsa', { modulusLength: 2048 })
  const issuedAt = Math.floor(now.getTime() / 1000)
  // A clock that is a little behind is no reason to refuse.
  const times = { iat: issuedAt, nbf: issuedAt - 300, exp: issuedAt + VALID_S }
  const parts = [
    { alg: 'RS256', typ: 'JWT' },
    { iss: 'aibench', ...WHO, ...times },
  ]
  const signed = parts.map((part) => base64url(JSON.stringify(part))).join('.')
  const signature = sign('sha256', Buffer.from(signed), privateKey)
  return {
    token: `${signed}.${signature.toString('base64url')}`,
    publicKey: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
  }
}

function base64url(text: string): string {
  return Buffer.from(text).toString('base64url')
}
