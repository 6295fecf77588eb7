import type { Exchange } from '../http/connection.js'
import type { ResponseStream } from './response-stream.js'

/** What should be told of a repeat beside its figures. */
export interface Notes {
  /** Good answers that are whole although [DONE] never came. */
  withoutDone: number
  /** Good answers whose count of tokens can't be true. */
  oddCount: number
  firstError: FirstError | null
}

/** The failure that came first in time: what follows it is often another class, and more of it. */
export interface FirstError {
  class: string
  message: string
  /** From the start of its repeat. */
  atMs: number
}

export function note(
  notes: Notes,
  { response, error }: Exchange<ResponseStream>,
  atMs: number,
): void {
  if (error !== null) {
    notes.firstError ??= { class: error.errorClass, message: error.message, atMs }
    return
  }
  if (!response.isDone) notes.withoutDone++
  if (response.hasOddCount && response.completionTokens < 0) notes.oddCount++
}

/** Of workers that made a repeat together: they began it at the same moment. */
export function joinedNotes(a: Notes, b: Notes): Notes {
  const errors = [a.firstError, b.firstError].filter((error) => error !== null)
  return {
    withoutDone: a.withoutDone + b.withoutDone,
    oddCount: a.oddCount + b.oddCount,
    firstError: errors.sort((x, y) => x.atMs - y.atMs)[0] ?? null,
  }
}
