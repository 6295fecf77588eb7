import { join } from 'node:path'
import * as v from 'valibot'
import { readJsonIfThere, writeJson } from '../../../platform/files.js'

/** `ends.json` of a run: how the program ended, each repeat of it. */
const EndSchema = v.object({
  repeat: v.number(),
  argv: v.array(v.string()),
  launcher: v.string(),
  exitCode: v.nullable(v.number()),
  signal: v.nullable(v.string()),
  startedAt: v.string(),
  endedAt: v.string(),
  seconds: v.number(),
})
export type RepeatEnd = v.InferOutput<typeof EndSchema>

const FILE = 'ends.json'

export async function writeEnds(runDir: string, ends: readonly RepeatEnd[]): Promise<void> {
  await writeJson(join(runDir, FILE), ends)
}

export async function readEnds(runDir: string): Promise<RepeatEnd[]> {
  const read = v.safeParse(v.array(EndSchema), await readJsonIfThere(join(runDir, FILE)))
  return read.success ? read.output : []
}
