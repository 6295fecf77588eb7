import { UnreachableError, type AibenchError } from '../../platform/errors.js'
import { tlsError, type Trust } from '../../platform/trust.js'
import { Dialler } from './dial.js'

const KNOCK_MS = 10_000

/**
 * Opens one connection and closes it: is anybody there, and is it who its certificate says? Before any work that costs something.
 * @param bench the command, for hints: `aibench SERVICE bench`
 * @throws EnvironmentError for a certificate or TLS, UnreachableError for the rest
 */
export async function knock(
  url: URL,
  trust: Trust | null,
  bench: string,
  withinMs = KNOCK_MS,
): Promise<void> {
  const dialler = new Dialler(url, trust)
  await new Promise<void>((resolve, reject) => {
    const socket = dialler.open({ onOpen: () => end(resolve) })
    const timer = setTimeout(
      () => end(() => reject(nobody(url, `no connection in ${withinMs / 1000} s`))),
      withinMs,
    )
    const end = (then: () => void) => {
      clearTimeout(timer)
      socket.destroy()
      then()
    }
    socket.on('error', (error: NodeJS.ErrnoException) =>
      end(() => reject(tlsError(url, error, bench) ?? nobody(url, wordsOf(error)))),
    )
  })
}

function nobody(url: URL, why: string): AibenchError {
  return new UnreachableError(`The server at ${url.origin} does not answer: ${why}`, {
    hints: [`curl -i ${url.origin}`],
  })
}

const WORDS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there',
  ENOTFOUND: 'no machine of that name is known here',
  EAI_AGAIN: 'its name can’t be looked up just now',
  EHOSTUNREACH: 'no route to that machine',
  ENETUNREACH: 'no route to that network',
  ETIMEDOUT: 'the connection was not taken up in time',
  ECONNRESET: 'it closes connections at once',
}

function wordsOf({ code, message }: NodeJS.ErrnoException): string {
  return WORDS[code ?? ''] ?? message
}
