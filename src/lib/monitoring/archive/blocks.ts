import { join } from 'node:path'
import * as v from 'valibot'
import { filesOfTree } from '../../platform/copy-tree.js'
import { readJsonIfThere } from '../../platform/files.js'

/** What a block says of itself. Source: Prometheus, tsdb/docs/format/README.md. */
const MetaSchema = v.object({
  minTime: v.number(),
  /** Exclusive. */
  maxTime: v.number(),
  stats: v.object({ numSamples: v.optional(v.number(), 0), numSeries: v.optional(v.number(), 0) }),
})

export interface BlockTotals {
  samples: number
  /** A series that is in several blocks counts once: as many as the block with the most has. */
  series: number
  from: number | null
  to: number | null
}

/** Over the blocks of a data folder. */
export async function blockTotals(tsdb: string): Promise<BlockTotals> {
  const totals: BlockTotals = { samples: 0, series: 0, from: null, to: null }
  for (const { name } of await filesOfTree(tsdb, ['snapshots'])) {
    if (!/^[^/]+\/meta\.json$/.test(name)) continue
    const read = v.safeParse(MetaSchema, await readJsonIfThere(join(tsdb, name)))
    if (!read.success) continue
    const { minTime, maxTime, stats } = read.output
    totals.samples += stats.numSamples
    totals.series = Math.max(totals.series, stats.numSeries)
    totals.from = Math.min(totals.from ?? Infinity, minTime)
    totals.to = Math.max(totals.to ?? -Infinity, maxTime - 1)
  }
  return totals
}
