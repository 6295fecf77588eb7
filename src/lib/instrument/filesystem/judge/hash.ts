/**
 * The two sums of a result.txt, made without IO500's program.
 * Source: u_hash_update in src/util.c and calc_score in src/main.c of IO500/io500; checked on the 193 results of IO500/submission-data
 * (2026-02-18) that have one: all of the score's, 182 of the configuration's (the others were made by changed programs or files).
 */

export interface ScoreToHash {
  version: string
  /** With six digits, as they stand in the file; those of the mode alone. */
  phases: readonly { name: string; value: number }[]
  metadataKiops: number
  bandwidthGiBPerSecond: number
  total: number
  isMarkedInvalid: boolean
}

/** The `hash` of `[SCORE]`: today's form, and that of a few weeks in 2021 that left the two means out. */
export function scoreHashes(score: ScoreToHash): { today: string; early2021: string } {
  const phases = hashOfPhases(score) ^ hashOfPair('version', score.version)
  return { today: hex(phases ^ hashOfMeans(score)), early2021: hex(phases) }
}

/** The `hash` of `[SCOREX]`: the optional phases alone, and no version. */
export function extendedScoreHash(score: ScoreToHash): string {
  return hex(hashOfPhases(score) ^ hashOfMeans(score))
}

/** The `config-hash`, from every option of the effective configuration, those with their default too. */
export function configHash(pairs: Iterable<readonly [name: string, value: string]>): string {
  let hash = 0
  for (const [name, value] of pairs)
    if (value !== '' || EMPTY_BY_DEFAULT.has(name)) hash ^= hashOfPair(name, value)
  return hex(hash)
}

/** An option without a value is not counted; of these two the default is a text of no characters, which is. */
const EMPTY_BY_DEFAULT: ReadonlySet<string> = new Set(['external-mpi-args', 'external-extra-args'])

function hashOfPhases({ phases, total, isMarkedInvalid }: ScoreToHash): number {
  let hash = hashOfPair('SCORE', digits(total))
  for (const { name, value } of phases) hash ^= hashOfPair(name, digits(value))
  return isMarkedInvalid ? hash ^ hashOfPair('valid', 'NO') : hash
}

function hashOfMeans({ metadataKiops, bandwidthGiBPerSecond }: ScoreToHash): number {
  return hashOfPair('MD', digits(metadataKiops)) ^ hashOfPair('BW', digits(bandwidthGiBPerSecond))
}

/** Over the bytes of both: turned left by two bits, then the byte added, which is a signed one. */
function hashOfPair(name: string, value: string): number {
  let hash = 0
  for (const byte of Buffer.from(name + value))
    hash = (((hash << 2) | (hash >>> 30)) + (byte < 128 ? byte : byte - 256)) | 0
  return hash
}

function digits(value: number): string {
  return value.toFixed(6)
}

function hex(hash: number): string {
  return (hash >>> 0).toString(16).toUpperCase()
}
