import { dirname, resolve } from 'node:path'
import type { InferenceResult } from '../../instrument/inference/result.js'
import { cannotWrite } from '../../platform/cannot-write.js'
import { AibenchError, UsageError } from '../../platform/errors.js'
import { exists, writeAtomically } from '../../platform/files.js'
import { toCsv, toVllmJson } from '../inference/face/formats.js'

/** `--save-as FORMAT:FILE`: the figures of a run in a form that other programs read. */

const FORMATS: Readonly<Record<string, (result: InferenceResult) => string>> = {
  vllm: (result) => JSON.stringify(toVllmJson(result), null, 2) + '\n',
  csv: toCsv,
}

export interface Copy {
  format: string
  path: string
}

/** Before the run: a run of an hour is not to end with a folder that is not there. @throws UsageError */
export async function copiesFrom(texts: readonly string[] = []): Promise<Copy[]> {
  return Promise.all(texts.map(copyFrom))
}

async function copyFrom(text: string): Promise<Copy> {
  const colon = text.indexOf(':')
  const [format, file] = [text.slice(0, colon), text.slice(colon + 1)]
  if (colon < 0 || !Object.hasOwn(FORMATS, format) || file === '')
    throw new UsageError(
      `--save-as must be ${Object.keys(FORMATS)
        .map((name) => `${name}:FILE`)
        .join(' or ')}, not "${text}"`,
    )
  const path = resolve(file)
  if (!(await exists(dirname(path))))
    throw new UsageError(`--save-as: no such directory: ${dirname(path)}`)
  return { format, path }
}

/** @param say told what was written where */
export async function writeCopies(
  copies: readonly Copy[],
  result: InferenceResult,
  say: (text: string) => void = () => undefined,
): Promise<void> {
  for (const { format, path } of copies)
    try {
      await writeAtomically(path, FORMATS[format](result))
      say(`wrote ${format}: ${path}`)
    } catch (error) {
      throw cannotWrite(dirname(path), error as NodeJS.ErrnoException)
    }
}

/** What was measured is written also when it is no success. */
export async function withCopies(
  work: Promise<InferenceResult>,
  copies: readonly Copy[],
  say: (text: string) => void = () => undefined,
): Promise<InferenceResult> {
  try {
    const result = await work
    await writeCopies(copies, result, say)
    return result
  } catch (error) {
    if (error instanceof AibenchError && isResult(error.data))
      await writeCopies(copies, error.data, say)
    throw error
  }
}

export function isResult(data: unknown): data is InferenceResult {
  return (data as { schema?: unknown } | null | undefined)?.schema === 'aibench/inference-result/1'
}
