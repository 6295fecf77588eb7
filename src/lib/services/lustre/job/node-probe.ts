import { join } from 'node:path'
import * as v from 'valibot'
import { runBounded } from '../../../platform/children.js'
import { Deadline, poll } from '../../../platform/clock.js'
import { statFileSystem } from '../../../platform/file-system.js'
import {
  listNames,
  makePrivateDir,
  readTextIfThere,
  removeTree,
  writeAtomically,
} from '../../../platform/files.js'
import { isLustre } from '../file-system.js'
import { nodeName, self, type JobContext } from './context.js'

/**
 * The functional probe of one node: it writes a file and has it on disk, reads that of another node, and removes its own. A file system
 * with a dead server makes all of these hang where no signal reaches them, so each is done by a child that is not waited for any longer
 * than it may take.
 */
export const PROBE_STEPS = ['write', 'read', 'remove'] as const
export type ProbeStep = (typeof PROBE_STEPS)[number]

const MEBIBYTE = 1 << 20
export const STEP_DEADLINE_MS = 20_000
/** Another node's file may be seen a little later. */
const SEEN_WITHIN_MS = 8_000

const DoneSchema = v.object({
  isLustre: v.boolean(),
  /** Lustre's own word: `healthy`, `NOT HEALTHY`; null where it has none. */
  health: v.nullable(v.string()),
  /** Whose file was read. */
  from: v.nullable(v.string()),
  ms: v.number(),
})
const FailedSchema = v.object({ code: v.string(), message: v.string() })
export const NodeAnswerSchema = v.object({
  node: v.string(),
  step: v.picklist(PROBE_STEPS),
  done: v.nullable(DoneSchema),
  failed: v.nullable(FailedSchema),
})
export type NodeAnswer = v.InferOutput<typeof NodeAnswerSchema>

/** The verb `probe-node STEP FOLDER SECONDS`: watches over the child that does it, and always answers. */
export async function probeNode(
  context: JobContext,
  [step, folder, seconds = `${STEP_DEADLINE_MS / 1000}`]: readonly string[],
): Promise<number> {
  const timeoutMs = Number(seconds) * 1000
  const node = nodeName(context)
  const child = await runBounded(self(context, 'probe-here', step, folder), { timeoutMs })
  const told = answerIn(child.stdout)
  const failed = told
    ? null
    : {
        code: child.timedOut ? 'HANGS' : 'ENDED',
        message: child.timedOut
          ? `no answer within ${timeoutMs / 1000} s`
          : `ended with ${child.exitCode ?? child.signal ?? child.missing}: ${child.stderr.trim().slice(0, 300)}`,
      }
  context.answer(told ?? { node, step, done: null, failed })
  return 0
}

/** The verb `probe-here STEP FOLDER`: does it. */
export async function probeHere(
  context: JobContext,
  [step, folder]: readonly string[],
): Promise<number> {
  const node = nodeName(context)
  const began = context.clock.monotonicMs()
  try {
    const from = await STEPS[step as ProbeStep](context, folder, node)
    const ms = Math.round(context.clock.monotonicMs() - began)
    const facts = step === 'remove' ? null : await statFileSystem(folder)
    const health = await readTextIfThere('/sys/fs/lustre/health_check').catch(() => undefined)
    context.answer({
      node,
      step,
      done: {
        isLustre: facts !== null && isLustre(facts),
        health: health === undefined ? null : health.trim().split('\n')[0],
        from,
        ms,
      },
      failed: null,
    })
  } catch (error) {
    const { code = 'UNKNOWN', message } = error as NodeJS.ErrnoException
    context.answer({ node, step, done: null, failed: { code, message } })
  }
  return 0
}

const STEPS: Readonly<
  Record<ProbeStep, (context: JobContext, folder: string, node: string) => Promise<string | null>>
> = {
  async write(_, folder, node) {
    await makePrivateDir(folder)
    await writeAtomically(join(folder, node), contentOf(node))
    return null
  },
  async read(context, folder, node) {
    const deadline = new Deadline(context.clock, SEEN_WITHIN_MS)
    const found = await poll(
      async () => {
        const names = (await listNames(folder)).filter((name) => !name.startsWith('.')).sort()
        const next = names[(names.indexOf(node) + 1) % names.length]
        return next !== undefined && (await readTextIfThere(join(folder, next))) === contentOf(next)
          ? next
          : undefined
      },
      { deadline, firstPauseMs: 100, longestPauseMs: 1000 },
    )
    if (found !== undefined) return found
    throw Object.assign(new Error('does not see what another node has written'), { code: 'STALE' })
  },
  async remove(_, folder, node) {
    await removeTree(join(folder, node))
    return null
  },
}

/** A mebibyte that tells whose it is. */
function contentOf(node: string): string {
  const line = `${node} `
  return line.repeat(Math.ceil(MEBIBYTE / line.length)).slice(0, MEBIBYTE)
}

function answerIn(stdout: string): NodeAnswer | undefined {
  try {
    const read = v.safeParse(NodeAnswerSchema, JSON.parse(stdout))
    return read.success ? read.output : undefined
  } catch {
    return undefined
  }
}
