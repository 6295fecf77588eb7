import { randomBytes, randomInt } from 'node:crypto'

const LETTERS = 'abcdefghijkmnpqrstuvwxyz23456789'

/** Four letters that a person can read aloud: no l, o, 0, 1. */
export function shortId(length = 4): string {
  return Array.from({ length }, () => LETTERS[randomInt(LETTERS.length)]).join('')
}

/** Marks a job as ours in the scheduler's comment field. An identity, not a secret. */
export function jobToken(): string {
  return `aibench:${randomBytes(12).toString('hex')}`
}
