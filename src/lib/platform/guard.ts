import { createHash, timingSafeEqual } from 'node:crypto'
import { stat } from 'node:fs/promises'
import { readTokenFile } from './token-file.js'

/** Knows the token of the hour, as a digest only. */
export interface Guard {
  /** @param authorization the request's header of that name */
  accepts(authorization: string | undefined): boolean
  close(): void
}

export interface GuardOptions {
  log: (line: string) => void
  checkEveryMs?: number
}

/**
 * The file is looked at from time to time, beside the requests and never for one: on a parallel file system a look may take seconds,
 * and a latency through the gate must not be the file system's. A file that went, or that others may read now, lets nobody in.
 * @throws UsageError when the file can't be used at the start
 */
export async function openGuard(
  tokenFile: string,
  { log, checkEveryMs = 1_000 }: GuardOptions,
): Promise<Guard> {
  // First the mark, then the content: what changes between them is seen at the next look.
  let mark = await markOf(tokenFile)
  let digest: Buffer | undefined = digestOf(await readTokenFile(tokenFile))
  let isClosed = false

  const look = async () => {
    const now = await markOf(tokenFile)
    if (now !== mark) {
      mark = now
      digest = await readTokenFile(tokenFile).then(digestOf, (error: Error) => {
        log(`nobody is let in: ${error.message}`)
        return undefined
      })
      if (digest) log('the token file has changed: its token is the one from now on')
    }
    if (!isClosed) lookLater()
  }
  let timer: NodeJS.Timeout
  const lookLater = () => {
    timer = setTimeout(() => void look(), checkEveryMs)
  }
  lookLater()

  return {
    accepts: (authorization) => digest !== undefined && isRight(authorization, digest),
    close: () => {
      isClosed = true
      clearTimeout(timer)
    },
  }
}

export function digestOf(token: string): Buffer {
  return createHash('sha256').update(token).digest()
}

/** Digests are of one length, and how long their comparison takes says nothing about the token. */
export function isRight(authorization: string | undefined, digest: Buffer): boolean {
  const presented = /^Bearer +([\x21-\x7e]+)$/i.exec(authorization ?? '')?.[1]
  return presented !== undefined && timingSafeEqual(digestOf(presented), digest)
}

/** Differs whenever the file is another one, or has another content or mode; a constant while there is none. */
async function markOf(path: string): Promise<string> {
  return stat(path, { bigint: true }).then(
    ({ ino, size, ctimeNs }) => `${ino} ${size} ${ctimeNs}`,
    () => 'none',
  )
}
