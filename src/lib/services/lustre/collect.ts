import { join } from 'node:path'
import { readCleaned } from './cleaned.js'
import { readJobEnd } from './job-end.js'
import { judgedRepeats } from './judged.js'
import { readStage } from '../../instrument/filesystem/live/files.js'
import { publicList } from '../../instrument/filesystem/corpus/lists.js'
import { resultOf } from '../../instrument/filesystem/result.js'
import { readRunPlan, type RunPlan } from '../../instrument/filesystem/run-plan.js'
import { figuresOf, summaryLine } from '../../instrument/filesystem/summary.js'
import type { Context, Measured } from '../../jobs/contract.js'
import { aibench } from '../../platform/command-line.js'
import { readJsonIfThere, writeJson } from '../../platform/files.js'
import type { Receipt } from '../../scheduler/receipt.js'
import type { Instance } from '../../state/schema.js'

/** Reads and judges what all repeats left, and writes `result.json`; again and again the same. */
export async function collectLustre(
  _: Context,
  instance: Instance,
  receipt: Receipt | undefined,
): Promise<Measured | undefined> {
  const { runDir, options } = instance
  if (options.task === 'clean') return undefined
  const plan = await readRunPlan(runDir)
  if (!plan) return { verdict: 'failed', summary: null }
  const end = readJobEnd(instance, receipt)
  const repeats = await judgedRepeats(runDir, plan, end)
  const complete =
    repeats.length === plan.repeats &&
    repeats.every(({ isComplete, exitCode }) => isComplete && exitCode === 0)
  const result = resultOf({ ...(await factsOf(instance, plan, receipt)), complete }, repeats)
  await writeJson(join(runDir, 'result.json'), result)
  return {
    verdict: !complete ? 'failed' : result.valid ? 'ok' : 'invalid',
    summary: summaryLine(result),
    figures: figuresOf(result),
    subject: plan.dir,
    load: loadOf(plan),
  }
}

async function factsOf(
  instance: Instance,
  plan: RunPlan,
  receipt: Receipt | undefined,
): Promise<Parameters<typeof resultOf>[0]> {
  const { id, runDir, intendedAt, startedAt, endedAt, nodeList } = instance
  const launcher = (await readJsonIfThere(join(runDir, 'launcher.json'))) as
    { chosen?: string | null } | undefined
  const { program, fileSystem, dir, layout, task, args, nodes, tasks, repeats } = plan
  const { kind, name } = fileSystem
  const times = { startedAt: startedAt ?? intendedAt, endedAt: endedAt ?? intendedAt }
  return {
    runId: id,
    ...times,
    complete: true,
    simulated: false,
    product: { name: task === 'io500' ? 'IO500' : task, version: program.version },
    errors: [],
    warnings: [
      ...(kind === 'lustre' ? [] : [`${dir} is no Lustre but ${name}`]),
      ...(await leftOverWarnings(runDir, plan)),
    ],
    provenance: { plan, nodes: nodeList, job: instance.jobId, cause: receipt?.cause ?? null },
    workload: {
      ...{ program: task, arguments: args, ini: plan.ini, nodes, tasks, repeats },
      stonewallSeconds: plan.stonewallSeconds,
    },
    fileSystem: { dir, type: name, isLustre: kind === 'lustre', layout },
    launcher: launcher?.chosen ?? null,
    list: task === 'io500' ? (await publicList('lustre')).name : null,
    runDir,
    findings: [],
  } satisfies Parameters<typeof resultOf>[0]
}

/** From the run directory alone: the file system may be gone. */
async function leftOverWarnings(runDir: string, { id, dataDir }: RunPlan): Promise<string[]> {
  const hasBegun = ['layout', 'running', 'cleaning'].includes(
    (await readStage(runDir))?.stage ?? '',
  )
  const cleaned = await readCleaned(runDir)
  if (!hasBegun || cleaned?.left === null) return []
  return [`test files are left in ${dataDir}: ${aibench('lustre', 'stop', id, '--clean')}`]
}

function loadOf({ task, ini, args, nodes, tasks, repeats }: RunPlan): string {
  return [
    task === 'io500' ? ini : [task, ...args].join(' '),
    `${tasks} processes on ${nodes === 1 ? 'one node' : `${nodes} nodes`}`,
    repeats > 1 && `${repeats} times`,
  ]
    .filter(Boolean)
    .join(', ')
}
