import { join } from 'node:path'
import * as v from 'valibot'
import { checkInstance } from '../../jobs/check.js'
import type { Context } from '../../jobs/contract.js'
import type { CheckRequest, InstanceReport } from '../../jobs/reports.js'
import type { PanelCheck } from '../../monitoring/panels/check.js'
import { capabilitiesOf } from '../../monitoring/prometheus/versions.js'
import { aibench } from '../../platform/command-line.js'
import { NotFoundError, UnreachableError } from '../../platform/errors.js'
import { listNames, readJsonIfThere, sizeIfThere } from '../../platform/files.js'
import { figuresOf } from './figures.js'
import { grafanaLinkOf } from './login-file.js'
import { readPlan, TRACES_FILE, type MonitorsPlan } from './plan.js'
import { sampledGpus, type SampledGpus } from './sampled-gpus.js'
import { MONITORS } from './words.js'

/** What the monitors have, besides what any job has. */
export interface MonitorsReport extends InstanceReport {
  /** What is scraped, as the agent in the job last wrote it. */
  targets: readonly TargetReport[]
  /** What else the agent has to tell: a file that Prometheus does not take, watches that are used up. */
  scrapeTrouble: readonly string[]
  /** Of the nodes on which services are scraped; empty where none is. */
  gpus: readonly SampledGpus[]
  /** Spans that the Collector wrote; null where none came. */
  traces: { path: string; bytes: number } | null
  /** What this Prometheus can't do as newer ones can, and what that means; null of one that can. */
  older: string | null
  /** Archives of figures from before the job was requeued; null of one that was not, or has ended. */
  earlier: readonly string[] | null
  /** Where the figures are kept; null while that is not known. */
  figures: FiguresPlace | null
  /** Each with what it asks for, in a file that only its owner can read. */
  passwords: readonly { member: string; file: string }[]
  /**
   * A file that only its owner can read, with the address that opens Grafana logged-in: on this machine, or where the tunnel ends. Null
   * where there is none.
   */
  grafanaLink: string | null
  /** Those that apply to what is stored, with each of their panels; null unless they were asked for. */
  dashboards: readonly DashboardReport[] | null
}

export interface DashboardReport {
  uid: string
  title: string
  panels: readonly PanelCheck[]
}

export interface MonitorsCheckRequest extends Omit<CheckRequest, 'service'> {
  /** Whether every panel has data. */
  dashboards: boolean
  /** Of a run; or of so many last milliseconds, by default a quarter of an hour, and of an archive that was opened all. */
  run: string | null
  rangeMs: number | null
}

/** A service, or an address of the user's own. */
const TargetSchema = v.object({
  name: v.string(),
  service: v.nullish(v.string(), null),
  node: v.nullish(v.string(), null),
  /** Which of its pages: of its node, or of a server. */
  job: v.nullish(v.string(), null),
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
  freeBytes: v.nullish(v.number(), null),
})

const FiguresSchema = v.object({
  dir: v.string(),
  fileSystem: v.nullable(v.string()),
  shared: v.nullable(v.string()),
  freeBytes: v.number(),
})

export interface FiguresPlace extends v.InferOutput<typeof FiguresSchema> {
  /** Whether what is free is from when the job began, and not from now. */
  isAtStart: boolean
}

export async function checkMonitors(
  context: Context,
  request: MonitorsCheckRequest,
): Promise<MonitorsReport> {
  const report = await checkInstance(context, { ...request, service: MONITORS.kind })
  const isOver = report.phase === 'ended'
  const { restarts = 0 } = (await context.state.read()).instances[report.id] ?? {}
  const read = async (name: string) => readJsonIfThere(join(report.runDir, name))
  const told = v.safeParse(TargetsSchema, isOver ? undefined : await read('targets.json'))
  const place = v.safeParse(FiguresSchema, await read('tsdb.json'))
  const targets = told.success ? told.output.targets : []
  return {
    ...report,
    targets,
    gpus: await sampledGpus(targets, await context.state.read()),
    traces: await tracesIn(report.runDir),
    older: isOver ? null : olderText((await readPlan(report.runDir)).programs),
    scrapeTrouble: told.success ? told.output.trouble : [],
    figures: place.success
      ? withRoom(place.output, told.success ? told.output.freeBytes : null)
      : null,
    earlier: isOver || restarts === 0 ? null : await archivesIn(report.runDir),
    passwords: report.members.flatMap(({ name, endpoint }) =>
      endpoint?.tokenFile ? [{ member: name, file: endpoint.tokenFile }] : [],
    ),
    grafanaLink: await grafanaLinkOf(report),
    dashboards: request.dashboards ? await dashboardsOf(context, report, request) : null,
  }
}

async function archivesIn(runDir: string): Promise<string[]> {
  const names = (await listNames(runDir)).filter((name) => /^archive(-\d+)?$/.test(name))
  return names.sort().map((name) => join(runDir, name))
}

function withRoom(
  place: v.InferOutput<typeof FiguresSchema>,
  nowFree: number | null,
): FiguresPlace {
  return { ...place, freeBytes: nowFree ?? place.freeBytes, isAtStart: nowFree === null }
}

async function tracesIn(runDir: string): Promise<MonitorsReport['traces']> {
  const path = join(runDir, TRACES_FILE)
  const bytes = await sizeIfThere(path)
  return bytes ? { path, bytes } : null
}

/** What its users have to know of it; null of one that takes OTLP. */
export function olderText({ prometheus, collector }: MonitorsPlan['programs']): string | null {
  const { version } = prometheus
  const { otlp, scrapeConfigFiles } = capabilitiesOf(version)
  if (otlp) return null
  return [
    `Prometheus ${version} does not accept OTLP: clients push by remote write`,
    !collector && 'Chroma’s own metrics are not stored, they need a Collector',
    !scrapeConfigFiles && 'all targets are in one file',
  ]
    .filter(Boolean)
    .join('; ')
}

const USUAL_RANGE_MS = 15 * 60_000

/** Asks every query of every panel. @throws UnreachableError when Prometheus can't be asked from here */
async function dashboardsOf(
  context: Context,
  { id, name, readyAt }: InstanceReport,
  asked: Pick<MonitorsCheckRequest, 'run' | 'rangeMs'>,
): Promise<DashboardReport[]> {
  const { checkBoards } = await import('../../monitoring/panels/check.js')
  const { boards } = await import('../../monitoring/panels/boards.js')
  const { askedTime } = await import('./asked-time.js')
  const { PrometheusApi } = await import('../../monitoring/prometheus/client.js')
  const { instances } = await context.state.read()
  const store = readyAt === null ? undefined : await figuresOf(context, instances[id])
  if (!store)
    throw new UnreachableError(`The Prometheus of ${name} can’t be asked from here`, {
      hints: [aibench(MONITORS.kind, 'check', name)],
    })
  const { scrapeIntervalMs, archive } = await readPlan(instances[id].runDir)
  const begin = Date.parse(readyAt!)
  const api = new PrometheusApi(context.http, store.api)
  const { run, ...time } = await askedTime(context, { api, archive, begin }, asked, USUAL_RANGE_MS)
  // Of a time before there were figures nothing can be expected.
  const from = archive === null ? Math.max(begin, time.from) : time.from
  const { endedAt = null } = run?.record ?? {}
  const wasBefore = archive === null && endedAt !== null && Date.parse(endedAt) <= begin
  if (wasBefore || from >= time.to)
    throw new NotFoundError(
      `${name} has nothing of run ${run?.id ?? ''}: it ended before these monitors started`,
      {
        code: 'AIB_FIGURES_NONE',
        hints: [aibench('runs', 'list')],
      },
    )
  const step = context.progress.step('dashboards')
  const { panels } = await checkBoards(api, boards, {
    ...{ from, to: time.to, scrapeIntervalMs },
    ...(run ? { chosen: { run: run.id, name: run.name } } : {}),
  })
  const good = panels.filter(({ state }) => state === 'data').length
  step.done(`${good} of ${panels.length} panels have data`)
  return boards
    .map(({ uid, title }) => ({ uid, title, panels: panels.filter(({ board }) => board === uid) }))
    .filter((board) => board.panels.length > 0)
}
