import type { Clock } from '../../../platform/clock.js'
import type { Environment } from '../../../platform/environment.js'
import { BugError } from '../../../platform/errors.js'

export interface JobContext {
  clock: Clock
  environment: Environment
}

type Verb = (context: JobContext, args: readonly string[]) => Promise<number>

/** Each is a process of its own, and gives back its exit code. */
const VERBS: Readonly<Record<string, Verb>> = {
  drive: async () => 0,
}

export async function runFilesystemJob(
  [verb = '', ...args]: readonly string[],
  context: JobContext,
): Promise<number> {
  if (!Object.hasOwn(VERBS, verb)) throw new BugError(`There is no verb "${verb}"`)
  return VERBS[verb](context, args)
}
