import { whereJsonBreaks } from '../../platform/json-trouble.js'
import { resolve } from 'node:path'
import { UsageError } from '../../platform/errors.js'
import { readTextIfThere } from '../../platform/files.js'

/** What the benchmark itself sets, and what would change how answers are counted; with the flag that sets it, where there is one. */
const OF_THE_BENCHMARK: Readonly<Record<string, string | null>> = {
  model: '--served-model-name',
  messages: '--dataset',
  prompt: '--dataset',
  max_tokens: '--output-len',
  max_completion_tokens: '--output-len',
  temperature: '--temperature',
  stream: null,
  stream_options: null,
  ignore_eos: null,
  n: null,
  best_of: null,
  echo: null,
}
/** Set by datasets with constraints. */
const OF_CONSTRAINTS = /^(structured_outputs|response_format|guided_\w+)$/
const MOST_BYTES = 1 << 20

/**
 * Reads `--extra-body`: a JSON object, or `@FILE` with one.
 * @throws UsageError naming the field that the benchmark sets itself
 */
export async function extraBodyFrom(
  cwd: string,
  text: string,
  { bench, isConstrained }: { bench: string; isConstrained: boolean },
): Promise<Record<string, unknown>> {
  const json = text.startsWith('@') ? await read(resolve(cwd, text.slice(1))) : text
  const example = [`${bench} --extra-body '{"chat_template_kwargs":{"enable_thinking":false}}'`]
  let body: unknown
  try {
    body = JSON.parse(json)
  } catch (error) {
    throw refused(`--extra-body must be JSON${whereJsonBreaks(error)}`, example)
  }
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    throw refused('--extra-body must be a JSON object', example)
  for (const name of Object.keys(body)) {
    const flag = Object.hasOwn(OF_THE_BENCHMARK, name) ? OF_THE_BENCHMARK[name] : undefined
    if (flag !== undefined)
      throw refused(
        `--extra-body sets ${name}, which the benchmark sets itself`,
        flag === null ? [] : [`use ${flag} instead`],
      )
    if (isConstrained && OF_CONSTRAINTS.test(name))
      throw refused(`--extra-body sets ${name}, which the dataset with its constraints sets`)
  }
  return body as Record<string, unknown>
}

async function read(path: string): Promise<string> {
  const text = await readTextIfThere(path).catch((error: NodeJS.ErrnoException) => {
    throw refused(`${path} can't be read for --extra-body: ${error.code ?? 'unknown cause'}`)
  })
  if (text === undefined) throw refused(`There is no file ${path} for --extra-body`)
  if (text.length > MOST_BYTES) throw refused(`${path} is too large for --extra-body`)
  return text
}

function refused(message: string, hints: readonly string[] = []): UsageError {
  return new UsageError(message, { code: 'AIB_EXTRA_BODY', hints })
}
