import { createHash } from 'node:crypto'
import { FIRST_ID } from './token-ids.js'

/**
 * What begins a prompt so that no prefix cache holds it from an earlier run. With an index every prompt differs from its first token
 * on; without, prompts of one run may share. '' for no salt.
 */
export function saltText(salt: string, index?: number): string {
  if (salt === '') return ''
  return index === undefined ? `[${salt}] ` : `[${salt}/${index}] `
}

const SALT_IDS = 4

/** The first few ids of a prompt replaced by ids made from salt and index: its length stays. */
export function saltIds(
  ids: readonly number[],
  { salt, index, vocabulary }: { salt: string; index: number; vocabulary: number },
): readonly number[] {
  if (salt === '') return ids
  const digest = createHash('sha256').update(`${salt}/${index}`).digest()
  const marks = Array.from(
    { length: Math.min(SALT_IDS, ids.length) },
    (_, i) => FIRST_ID + (digest.readUInt32LE(4 * i) % (vocabulary - FIRST_ID)),
  )
  return [...marks, ...ids.slice(marks.length)]
}
