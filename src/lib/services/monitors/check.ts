import { join } from 'node:path'
import * as v from 'valibot'
import { checkInstance } from '../../jobs/check.js'
import type { Context } from '../../jobs/contract.js'
import type { CheckRequest, InstanceReport } from '../../jobs/reports.js'
import { readJsonIfThere } from '../../platform/files.js'
import { MONITORS } from './words.js'

/** What the monitors have, besides what any job has. */
export interface MonitorsReport extends InstanceReport {
  /** What is scraped, as the agent in the job last wrote it. */
  targets: readonly TargetReport[]
  /** What else the agent has to tell: a file that Prometheus does not take, watches that are used up. */
  scrapeTrouble: readonly string[]
  /** Where the figures are kept; null while that is not known. */
  figures: FiguresPlace | null
  /** Each with what it asks for, in a file that only its owner can read. */
  passwords: readonly { member: string; file: string }[]
}

/** A service, or an address of the user's own. */
const TargetSchema = v.object({
  name: v.string(),
  service: v.nullish(v.string(), null),
  node: v.nullish(v.string(), null),
  url: v.nullish(v.string(), null),
  attachedAt: v.nullish(v.string(), null),
  /** Since when it answers; null of one that does not. */
  upAt: v.nullish(v.string(), null),
  samples: v.nullish(v.number(), 0),
  lastScrapeAt: v.nullish(v.string(), null),
  error: v.nullish(v.string(), null),
})
export type TargetReport = v.InferOutput<typeof TargetSchema>

const TargetsSchema = v.object({
  targets: v.array(TargetSchema),
  trouble: v.optional(v.array(v.string()), () => []),
})

const FiguresSchema = v.object({
  dir: v.string(),
  fileSystem: v.nullable(v.string()),
  shared: v.nullable(v.string()),
  /** When the job began. */
  freeBytes: v.number(),
})
export type FiguresPlace = v.InferOutput<typeof FiguresSchema>

export async function checkMonitors(
  context: Context,
  request: Omit<CheckRequest, 'service'>,
): Promise<MonitorsReport> {
  const report = await checkInstance(context, { ...request, service: MONITORS.kind })
  const isOver = report.phase === 'ended'
  const read = async (name: string) => readJsonIfThere(join(report.runDir, name))
  const told = v.safeParse(TargetsSchema, isOver ? undefined : await read('targets.json'))
  const place = v.safeParse(FiguresSchema, await read('tsdb.json'))
  return {
    ...report,
    targets: told.success ? told.output.targets : [],
    scrapeTrouble: told.success ? told.output.trouble : [],
    figures: place.success ? place.output : null,
    passwords: report.members.flatMap(({ name, endpoint }) =>
      endpoint?.tokenFile ? [{ member: name, file: endpoint.tokenFile }] : [],
    ),
  }
}
