import { join } from 'node:path'
import { readHoldPlan } from '../hold-plan.js'
import { BugError } from '../../../platform/errors.js'
import { writeAtomically } from '../../../platform/files.js'
import { writeStage } from '../../../instrument/filesystem/live/files.js'
import type { JobContext } from './context.js'
import { tell } from './tell.js'
import { probeNodes } from './probe.js'

/** What the job's script says when it is ready. */
const READY = 'ready.text'

/** The verb `hold RUN_DIR`: what an allocation proves before others may work in it. */
export async function hold(context: JobContext, [runDir]: readonly string[]): Promise<number> {
  const plan = await readHoldPlan(runDir)
  if (!plan) throw new BugError(`There is no plan of this version in ${runDir}`)
  try {
    const text = plan.nodes === 1 ? 'one node' : `${plan.nodes} nodes`
    const since = context.clock.now().toISOString()
    await writeStage(runDir, { stage: 'probing', text, since, repeat: 1, of: 1, resultDir: null })
    context.say(`probing: ${text}`)
    const record = await probeNodes(context, { ...plan, runDir })
    await writeAtomically(join(runDir, READY), `${record.text}\n`)
    return 0
  } catch (error) {
    if (!context.stop.aborted) return tell(context, error)
    return 143
  }
}
