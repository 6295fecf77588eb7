import { join } from 'node:path'
import * as v from 'valibot'
import { readJsonIfThere, writeJson } from '../../platform/files.js'
import { formatCount, formatDuration } from '../../platform/units.js'

/** `cleaned.json` of a run, or of a clean-up after one: what was removed at last. */
const CleanedSchema = v.object({
  files: v.number(),
  seconds: v.number(),
  /** What is still there, counted up to a bound; null: nothing. */
  left: v.nullable(v.object({ files: v.number(), isMore: v.boolean() })),
  troubles: v.array(v.string()),
})
export type Cleaned = v.InferOutput<typeof CleanedSchema>

export const NOTHING_CLEANED: Cleaned = { files: 0, seconds: 0, left: null, troubles: [] }

const FILE = 'cleaned.json'

export async function writeCleaned(runDir: string, cleaned: Cleaned): Promise<void> {
  await writeJson(join(runDir, FILE), cleaned)
}

/** @returns undefined where nothing was cleaned, or nobody came to its end */
export async function readCleaned(runDir: string): Promise<Cleaned | undefined> {
  const read = v.safeParse(CleanedSchema, await readJsonIfThere(join(runDir, FILE)))
  return read.success ? read.output : undefined
}

export function cleanedText({ files, seconds, left, troubles }: Cleaned): string {
  const done = `removed ${formatCount(files)} files in ${formatDuration(seconds * 1000)}`
  if (!left) return done
  const rest = `${left.isMore ? 'more than ' : ''}${formatCount(left.files)} files are left`
  return [done, rest, ...troubles].join(', ')
}

export interface CleanedRun extends Pick<Cleaned, 'files' | 'seconds'> {
  run: string
  folder: string
}

export function cleanedRunsText(runs: readonly CleanedRun[]): string {
  if (runs.length === 0) return 'No test files were left'
  return runs
    .map(({ folder, files, seconds }) => {
      const text = cleanedText({ files, seconds, left: null, troubles: [] })
      return `${folder}: ${text}`
    })
    .join('\n')
}
