import { join } from 'node:path'
import type { Stage } from '../../../instrument/filesystem/live/contract.js'
import { writeStage } from '../../../instrument/filesystem/live/files.js'
import { readRunPlan, type RunPlan } from '../../../instrument/filesystem/run-plan.js'
import { aibench } from '../../../platform/command-line.js'
import { BugError } from '../../../platform/errors.js'
import { isFolder } from '../../../platform/files.js'
import { cleanedText, NOTHING_CLEANED, writeCleaned } from '../cleaned.js'
import { cleanUp } from './clean.js'
import type { JobContext } from './context.js'
import { chooseLauncher } from './launcher.js'
import { layOut } from './layout.js'
import { takeDirectory } from './lock.js'
import { recordNodes } from './node-record.js'
import { probeNodes } from './probe.js'
import { runRepeat } from './repeat.js'
import { tellFigures } from './run-figures.js'
import { strictVerdict } from './strict.js'
import { tell } from './tell.js'

/** All that the job has to be through with when it is told to end: see AIBENCH_STOP_DEADLINE_S. */
const CLEAN_WHEN_STOPPED_MS = 12_000
/** After a run, millions of files are removed in this time or are left, and said. */
const CLEAN_MS = 30 * 60_000

/** The verb `drive RUN_DIR`: a run from its first question to its last file. What it has done is on disk at every moment. */
export async function drive(context: JobContext, [runDir]: readonly string[]): Promise<number> {
  const plan = await readRunPlan(runDir)
  if (!plan) throw new BugError(`There is no plan of this version in ${runDir}`)
  const figures = tellFigures(context, plan, runDir)
  try {
    return await run(context, plan, runDir)
  } catch (error) {
    if (!context.stop.aborted) return tell(context, error)
    context.say('told to end')
    return 143
  } finally {
    await figures.end()
  }
}

async function run(context: JobContext, plan: RunPlan, runDir: string): Promise<number> {
  const { id, dir, repeats } = plan
  const enter = (stage: Stage, text: string, repeat = 1) => {
    context.say(text === '' ? stage : `${stage}: ${text}`)
    const resultDir = stage === 'running' ? join(runDir, 'results', `${repeat}`) : null
    const since = context.clock.now().toISOString()
    return writeStage(runDir, { stage, text, since, repeat, of: repeats, resultDir })
  }
  await enter('probing', plan.nodes === 1 ? 'one node' : `${plan.nodes} nodes`)
  const { health, text } = await probeNodes(context, { ...plan, runDir })
  context.say(`probe: ${text}`)
  await recordNodes(context, plan, runDir)
  const lock = await takeDirectory(context, { dir, runDir, id })
  try {
    await enter('launcher', `${plan.tasks} processes`)
    const choice = await chooseLauncher(context, plan, runDir)
    let code = 0
    for (let repeat = 1; repeat <= repeats && code === 0; repeat++) {
      await enter('layout', plan.layout, repeat)
      try {
        await layOut(context, plan, runDir, health)
        await enter('running', repeats > 1 ? `repeat ${repeat} of ${repeats}` : '', repeat)
        code = await runRepeat(context, { plan, runDir, repeat, ...choice })
      } finally {
        await enter('cleaning', '', repeat)
        await removeData(context, plan, runDir)
      }
    }
    return code === 0 && plan.strict ? await strictVerdict(context, plan, runDir) : code
  } finally {
    await lock.release()
  }
}

async function removeData(context: JobContext, plan: RunPlan, runDir: string): Promise<void> {
  const { id, dataDir } = plan
  if (!(await isFolder(dataDir))) return writeCleaned(runDir, NOTHING_CLEANED)
  const limitMs = context.stop.aborted ? CLEAN_WHEN_STOPPED_MS : CLEAN_MS
  const cleaned = await cleanUp(context, plan, dataDir, limitMs)
  await writeCleaned(runDir, cleaned)
  context.say(cleanedText(cleaned))
  if (cleaned.left)
    context.say(`left in ${dataDir}; it is removed by: ${aibench('lustre', 'stop', id, '--clean')}`)
}
