import { dirname } from 'node:path'
import * as v from 'valibot'
import type { RunPlan } from '../../../instrument/filesystem/run-plan.js'
import { makePrivateDir, readJsonIfThere, writeJson } from '../../../platform/files.js'
import type { JobContext } from './context.js'

/** Which launcher worked last for a program at a site: it is tried first the next time. No more than a hint, so that trouble with it is none. */
const MemorySchema = v.record(v.string(), v.string())
const MOST = 100

export async function rememberedLauncher(
  context: JobContext,
  plan: RunPlan,
): Promise<string | undefined> {
  return (await memoryAt(plan.launcherMemory))[keyOf(context, plan)]
}

export async function remember(
  context: JobContext,
  plan: RunPlan,
  launcher: string,
): Promise<void> {
  const { [keyOf(context, plan)]: _, ...others } = await memoryAt(plan.launcherMemory)
  const kept = Object.fromEntries(Object.entries(others).slice(-MOST))
  try {
    await makePrivateDir(dirname(plan.launcherMemory))
    await writeJson(plan.launcherMemory, { ...kept, [keyOf(context, plan)]: launcher })
  } catch (error) {
    context.say(`which launcher works could not be kept: ${(error as Error).message}`)
  }
}

async function memoryAt(path: string): Promise<Record<string, string>> {
  const read = v.safeParse(MemorySchema, await readJsonIfThere(path).catch(() => undefined))
  return read.success ? read.output : {}
}

function keyOf({ environment }: JobContext, { program, scheduler, task }: RunPlan): string {
  const { SLURM_CLUSTER_NAME: cluster } = environment.variables
  const site = scheduler === 'slurm' ? (cluster ?? 'slurm') : environment.hostname
  return [site, task, program.sha256 ?? program.path, program.module ?? ''].join(' ')
}
