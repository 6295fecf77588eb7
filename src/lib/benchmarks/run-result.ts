import { join } from 'node:path'
import * as v from 'valibot'
import { InferenceResultSchema } from '../instrument/inference/result.js'
import { VectorResultSchema } from '../instrument/vectors/result.js'
import { readJsonIfThere } from '../platform/files.js'
import { OLD_VERDICTS } from '../platform/verdicts.js'

const ResultSchema = v.variant('schema', [VectorResultSchema, InferenceResultSchema])
export type RunResult = v.InferOutput<typeof ResultSchema>

/** `result.json` of a run, whichever kind it was; null when there is none to be read. */
export async function readResult(dir: string): Promise<RunResult | null> {
  const parsed = v.safeParse(
    ResultSchema,
    withTodaysVerdict(await readJsonIfThere(join(dir, 'result.json'))),
  )
  return parsed.success ? parsed.output : null
}

/** A result of 0.1.0 has another word for its instrument's verdict. */
function withTodaysVerdict(json: unknown): unknown {
  const instrument = (json as { instrument?: { verdict?: unknown } } | undefined)?.instrument
  const word = instrument?.verdict
  if (typeof word === 'string' && Object.hasOwn(OLD_VERDICTS, word))
    return { ...(json as object), instrument: { ...instrument, verdict: oldVerdict(word) } }
  return json
}

function oldVerdict(word: string): string {
  return OLD_VERDICTS[word as keyof typeof OLD_VERDICTS]
}
