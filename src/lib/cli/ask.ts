import type { Readable, Writable } from 'node:stream'
import { AibenchError, UsageError } from '../platform/errors.js'
import { printable } from '../platform/printable.js'

export interface Question<T> {
  text: string
  /** What an empty answer means, as it is shown; null where it means that nothing is said. */
  usual: string | null
  /** @throws UsageError for an answer that is none: it is said, and the question comes again */
  read(answer: string): T | Promise<T>
}

export type Ask = <T>(question: Question<T>) => Promise<T | undefined>

/** Whether there is somebody to answer, at both ends of the terminal. */
export function canAsk(flags: { json?: boolean; quiet?: boolean; 'no-input'?: boolean }): boolean {
  if (flags.json || flags.quiet || flags['no-input']) return false
  return Boolean(process.stdin.isTTY && process.stderr.isTTY)
}

/**
 * Asks, one question after the other, and gives the terminal back. The line is edited by the terminal itself, so that Ctrl-C is the signal
 * that it is everywhere else.
 * @throws UsageError when the answers end before the questions
 */
export async function asking<T>(
  work: (ask: Ask) => Promise<T>,
  {
    signal,
    input = process.stdin,
    output = process.stderr,
  }: { signal: AbortSignal; input?: Readable; output?: Writable },
): Promise<T> {
  const { createInterface } = await import('node:readline/promises')
  const lines = createInterface({ input, output, terminal: false })
  const ended = new Promise<never>((_, reject) =>
    lines.once('close', () =>
      reject(new UsageError('The answers ended before the questions', { hints: ['--no-input'] })),
    ),
  )
  ended.catch(() => undefined)
  const ask: Ask = async ({ text, usual, read }) => {
    for (;;) {
      const prompt = `${printable(text)}${usual === null ? '' : ` [${printable(usual)}]`}: `
      const answer = (await Promise.race([lines.question(prompt, { signal }), ended])).trim()
      if (answer === '' && usual === null) return undefined
      try {
        return await read(answer || usual!)
      } catch (error) {
        if (!(error instanceof AibenchError)) throw error
        output.write(`${printable(error.message)}\n`)
      }
    }
  }
  try {
    return await work(ask)
  } catch (error) {
    signal.throwIfAborted()
    throw error
  } finally {
    lines.close()
  }
}
