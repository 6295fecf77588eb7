import { join } from 'node:path'
import * as v from 'valibot'
import { exporterRecordOf } from '../../platform/exporter-files.js'
import { readTrustedJson } from '../../platform/ownership.js'
import type { State } from '../../state/schema.js'

/** GPUs whose figures the exporter beside a service tells. */
export interface SampledGpus {
  node: string
  /** Null of a node on which none can be asked. */
  gpus: { vendor: string; count: number; driver: string | null } | null
}

const RecordSchema = v.object({
  gpus: v.nullable(
    v.object({ vendor: v.string(), count: v.number(), driver: v.nullable(v.string()) }),
  ),
})

/** Of each node on which something is scraped, as its exporter says it: no program has to be started for them. */
export async function sampledGpus(
  targets: readonly { name: string; node: string | null }[],
  { instances }: State,
): Promise<SampledGpus[]> {
  const byNode = new Map<string, SampledGpus>()
  const alive = Object.values(instances).filter(({ phase }) => phase !== 'ended')
  for (const { name, node } of targets) {
    const instance = alive.find((one) => one.name === name)
    if (node === null || !instance || byNode.get(node)?.gpus) continue
    const file = join(instance.runDir, exporterRecordOf(node))
    const read = v.safeParse(RecordSchema, await readTrustedJson(file))
    if (read.success) byNode.set(node, { node, gpus: read.output.gpus })
  }
  return [...byNode.values()]
}
