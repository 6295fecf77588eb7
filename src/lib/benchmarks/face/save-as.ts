import { dirname, resolve } from 'node:path'
import type { Envelope } from '../../instrument/measure/envelope.js'
import { cannotWrite } from '../../platform/cannot-write.js'
import { AibenchError, UsageError } from '../../platform/errors.js'
import { exists, writeAtomically } from '../../platform/files.js'
import type { BenchmarkFace, Format } from './face.js'

/** `--save-as FORMAT:FILE`: the figures of a run in a form that other programs read. */

export interface Copy<Result> {
  name: string
  path: string
  format: Format<Result>
}

/** Before the run: a run of an hour is not to end with a folder that is not there. @throws UsageError */
export async function copiesFrom<Result extends Envelope>(
  texts: readonly string[] = [],
  { formats }: Pick<BenchmarkFace<Result>, 'formats'>,
): Promise<Copy<Result>[]> {
  return Promise.all(
    texts.map(async (text) => {
      const colon = text.indexOf(':')
      const [name, file] = [text.slice(0, colon), text.slice(colon + 1)]
      if (colon < 0 || !Object.hasOwn(formats, name) || file === '') {
        const known = Object.keys(formats).map((one) => `${one}:FILE`)
        throw new UsageError(`--save-as must be ${known.join(' or ')}, not "${text}"`)
      }
      const path = resolve(file)
      if (!(await exists(dirname(path))))
        throw new UsageError(`--save-as: no such directory: ${dirname(path)}`)
      return { name, path, format: formats[name] }
    }),
  )
}

/** @param say told what was written where */
export async function writeCopies<Result extends Envelope>(
  copies: readonly Copy<Result>[],
  result: Result,
  say: (text: string) => void = () => undefined,
): Promise<void> {
  for (const { name, path, format } of copies)
    try {
      await writeAtomically(path, format.text(result))
      say(`wrote ${name}: ${path}`)
    } catch (error) {
      throw cannotWrite(dirname(path), error as NodeJS.ErrnoException)
    }
}

/** What was measured is written also when it is no success. */
export async function withCopies<Result extends Envelope>(
  work: Promise<Result>,
  copies: readonly Copy<Result>[],
  say: (text: string) => void = () => undefined,
): Promise<Result> {
  try {
    const result = await work
    await writeCopies(copies, result, say)
    return result
  } catch (error) {
    if (error instanceof AibenchError && isResult(error.data))
      await writeCopies(copies, error.data as Result, say)
    throw error
  }
}

function isResult(data: unknown): data is Envelope {
  const { schema } = (data ?? {}) as { schema?: unknown }
  return typeof schema === 'string' && /^aibench\/[\w-]+-result\/\d+$/.test(schema)
}
