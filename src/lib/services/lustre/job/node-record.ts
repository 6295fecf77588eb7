import { join } from 'node:path'
import * as v from 'valibot'
import type { RunPlan } from '../../../instrument/filesystem/run-plan.js'
import {
  NODE_COMMANDS,
  nodeFacts,
  NodeFactsSchema,
  type NodeTexts,
} from '../../../instrument/filesystem/submission/node-facts.js'
import { runBounded } from '../../../platform/children.js'
import { readJsonIfThere, writeJson } from '../../../platform/files.js'
import { nodeName, onEveryNode, self, type JobContext } from './context.js'

/** `node-facts.json`: what the nodes are and how the file system is mounted, for the description that a submission asks for. */
const NodeSchema = v.object({ node: v.string(), facts: NodeFactsSchema })
const RecordSchema = v.object({
  nodes: v.array(NodeSchema),
  storage: v.object({
    capacityBytes: v.nullable(v.number()),
    mountOptions: v.nullable(v.string()),
  }),
})
export type NodesRecord = v.InferOutput<typeof RecordSchema>

const FILE = 'node-facts.json'
const COMMAND_MS = 4_000
/** All commands of a node run at once; what srun needs for itself comes on top. */
const NODES_MS = 20_000

/** Whatever can't be found out is left out: no run fails for it. */
export async function recordNodes(
  context: JobContext,
  plan: Pick<RunPlan, 'scheduler' | 'nodes' | 'dir'>,
  runDir: string,
): Promise<void> {
  const { dir } = plan
  const mounted = ['findmnt', '-b', '-n', '-o', 'SIZE,OPTIONS', '-T', dir]
  const [told, mount] = await Promise.all([
    runBounded(onEveryNode(plan, self(context, 'tell-node')), {
      timeoutMs: NODES_MS,
      stop: context.stop,
    }),
    runBounded(mounted, { timeoutMs: COMMAND_MS }),
  ])
  context.stop.throwIfAborted()
  const [, size, options] = /^(\d+) +(\S+)$/m.exec(mount.stdout.trim()) ?? []
  const record: NodesRecord = {
    nodes: told.stdout.split('\n').flatMap(nodeIn),
    storage: {
      capacityBytes: size === undefined ? null : Number(size),
      mountOptions: options ?? null,
    },
  }
  await writeJson(join(runDir, FILE), record).catch(() => undefined)
}

export async function readNodes(runDir: string): Promise<NodesRecord> {
  const read = v.safeParse(RecordSchema, await readJsonIfThere(join(runDir, FILE)))
  return read.success
    ? read.output
    : { nodes: [], storage: { capacityBytes: null, mountOptions: null } }
}

/** The verb `tell-node`: what this node is, in a line. */
export async function tellNode(context: JobContext): Promise<number> {
  const texts = await Promise.all(
    Object.entries(NODE_COMMANDS).map(async ([part, argv]) => {
      const { stdout } = await runBounded(argv, { timeoutMs: COMMAND_MS })
      return [part, stdout] as const
    }),
  )
  const facts = nodeFacts(Object.fromEntries(texts) as NodeTexts)
  context.answer({ node: nodeName(context), facts })
  return 0
}

function nodeIn(line: string): NodesRecord['nodes'] {
  try {
    const read = v.safeParse(NodeSchema, JSON.parse(line))
    return read.success ? [read.output] : []
  } catch {
    return []
  }
}
