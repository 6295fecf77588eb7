import { BugError } from '../../../platform/errors.js'
import { archive } from './archive.js'
import { configure } from './configure.js'
import type { JobContext } from './context.js'
import { watch } from './watch.js'

type Verb = (context: JobContext, runDir: string) => Promise<number>

/** Each is a process of its own, and gives back its exit code. */
const VERBS: Readonly<Record<string, Verb>> = { configure, watch, archive }

export async function runMonitorsJob(
  [verb = '', runDir = '']: readonly string[],
  context: JobContext,
): Promise<number> {
  if (!Object.hasOwn(VERBS, verb)) throw new BugError(`There is no verb "${verb}"`)
  return VERBS[verb](context, runDir)
}
