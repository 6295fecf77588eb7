import { generateKeyPair, sign } from 'node:crypto'
import { promisify } from 'node:util'

/**
 * Who the link logs in. Not the administrator that the password is of: that one is Grafana's own, and a link may name no such. An editor
 * may also ask queries of his own; data sources and other users are no matter of his.
 */
const WHO = {
  sub: 'aibench-link',
  email: 'aibench-link@localhost',
  name: 'aibench',
  role: 'Editor',
}
/** Clocks differ; and the job's time began a little before. */
const SLACK_S = 300

export interface LoginLink {
  /** A JSON web token. */
  token: string
  /** PEM, of the key that signed it; that key itself is kept nowhere. */
  publicKey: string
}

/**
 * A token that lets its holder in, signed by a key of its own. It is good as long as the server can live, and no shorter: the pages of
 * Grafana go on sending the one that they were opened with, and are refused when its time is over.
 */
export async function makeLogin(now: Date, validMs: number): Promise<LoginLink> {
  const { publicKey, privateKey } = await promisify(generateKeyPair)('rsa', { modulusLength: 2048 })
  const issuedAt = Math.floor(now.getTime() / 1000)
  const exp = issuedAt + Math.ceil(validMs / 1000) + SLACK_S
  const times = { iat: issuedAt, nbf: issuedAt - SLACK_S, exp }
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
