import { join } from 'node:path'
import * as v from 'valibot'
import { listNames, readJsonIfThere } from '../platform/files.js'

const known = v.nullable(v.number())

/** `node.NAME.json`, written by the job's script on each of its nodes before the service starts: what the job really got. */
export const NodeRecordSchema = v.object({
  schema: v.literal('aibench/node/1'),
  jobId: v.string(),
  node: v.string(),
  cpu: v.nullable(v.string()),
  /** That the job may use. */
  cores: known,
  memoryMiB: known,
  /** All that the node's own tool shows, in its order. */
  gpus: v.array(
    v.object({
      index: v.string(),
      name: v.string(),
      uuid: v.string(),
      memoryMiB: known,
      driver: v.nullable(v.string()),
    }),
  ),
  /** `nvidia-smi`, `rocm-smi`; null when there is none that answers. */
  gpusFrom: v.nullable(v.string()),
  /** What the tool said instead of an answer. */
  gpuTrouble: v.nullable(v.string()),
  /** CUDA_VISIBLE_DEVICES, or its like on AMD, as the job has it; null when it is not set. */
  visible: v.nullable(v.string()),
})
export type NodeRecord = v.InferOutput<typeof NodeRecordSchema>
export type Gpu = NodeRecord['gpus'][number]

/** Of the job's nodes, in the order of their names; those of an earlier job of the same folder are passed over. */
export async function readNodeRecords(runDir: string, jobId: string | null): Promise<NodeRecord[]> {
  const names = (await listNames(runDir)).filter((name) => /^node\..+\.json$/.test(name)).sort()
  const records = await Promise.all(
    names.map(async (name) =>
      v.safeParse(NodeRecordSchema, await readJsonIfThere(join(runDir, name)).catch(() => null)),
    ),
  )
  const number = jobId?.split(';')[0]
  return records.flatMap(({ success, output }) =>
    success && output.jobId === number ? [output as NodeRecord] : [],
  )
}

/** The GPUs that the job may use: where its variable names some, by index or (the beginning of) their id, those. */
export function visibleGpus({ gpus, visible }: Pick<NodeRecord, 'gpus' | 'visible'>): Gpu[] {
  if (visible === null) return [...gpus]
  const wanted = visible
    .split(',')
    .map((word) => word.trim())
    .filter(Boolean)
  const chosen: Gpu[] = []
  for (const word of wanted) {
    const found = gpus.find(
      ({ index, uuid }) => index === word || (word.length > 4 && uuid.startsWith(word)),
    )
    // As CUDA does it: what comes after one that is not there is not seen.
    if (!found) break
    chosen.push(found)
  }
  return chosen
}
