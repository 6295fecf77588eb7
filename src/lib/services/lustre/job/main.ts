import { BugError } from '../../../platform/errors.js'
import { clean, cleanFolders, cleanUpJob } from './clean.js'
import type { JobContext } from './context.js'
import { drive } from './drive.js'
import { hold } from './hold.js'
import { probeHere, probeNode } from './node-probe.js'
import { tellNode } from './node-record.js'
import { sampleNode } from './sample.js'

type Verb = (context: JobContext, args: readonly string[]) => Promise<number>

/** Each is a process of its own, and gives back its exit code. */
const VERBS: Readonly<Record<string, Verb>> = {
  drive,
  hold,
  'probe-node': probeNode,
  'probe-here': probeHere,
  'tell-node': tellNode,
  sample: sampleNode,
  clean,
  'clean-up': cleanUpJob,
  'remove-folders': cleanFolders,
}

export async function runFilesystemJob(
  [verb = '', ...args]: readonly string[],
  context: JobContext,
): Promise<number> {
  if (!Object.hasOwn(VERBS, verb)) throw new BugError(`There is no verb "${verb}"`)
  return VERBS[verb](context, args)
}
