import { join } from 'node:path'
import * as v from 'valibot'
import { readJsonIfThere, writeJson } from '../../platform/files.js'

/** `receipt.json` in the folder of a run: how its measuring process ended, by its own word. There is none when it was killed. */
export const RunReceiptSchema = v.object({
  how: v.picklist(['done', 'interrupted', 'failed']),
  /** What told it to stop, or what went wrong, in words. */
  why: v.nullable(v.string()),
  /** ISO 8601, UTC. */
  endedAt: v.string(),
})
export type RunReceipt = v.InferOutput<typeof RunReceiptSchema>

/** A disk that is full has no room for it: the result was more important. */
export async function writeRunReceipt(runDir: string, receipt: RunReceipt): Promise<void> {
  await writeJson(join(runDir, 'receipt.json'), receipt).catch(() => undefined)
}

export async function readRunReceipt(runDir: string): Promise<RunReceipt | undefined> {
  const parsed = v.safeParse(RunReceiptSchema, await readJsonIfThere(join(runDir, 'receipt.json')))
  return parsed.success ? parsed.output : undefined
}
