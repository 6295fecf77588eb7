import { join } from 'node:path'
import { fixedFor } from '../../../instrument/filesystem/ini/fixed.js'
import { iniText, parseIni } from '../../../instrument/filesystem/ini/ini.js'
import { RANK_MARK } from '../../../instrument/filesystem/live/ranks.js'
import { resultDirOf, type RunPlan } from '../../../instrument/filesystem/run-plan.js'
import { startChild, type Child } from '../../../platform/children.js'
import { BugError } from '../../../platform/errors.js'
import { makePrivateDir, readTextIfThere, writeAtomically } from '../../../platform/files.js'
import { formatDuration } from '../../../platform/units.js'
import { onEveryNode, sayCommand, self, type JobContext } from './context.js'
import { readEnds, writeEnds } from './ends.js'
import type { LauncherChoice } from './launcher.js'

interface Repeat extends LauncherChoice {
  plan: RunPlan
  runDir: string
  /** From 1. */
  repeat: number
}

/** Ranks that were told to end have this long, before they are killed. */
const GRACE_MS = 8_000

/** Runs the program once, with a sampler beside it on every node. @returns its exit code; 1 when a signal ended it */
export async function runRepeat(context: JobContext, work: Repeat): Promise<number> {
  const { plan, runDir, repeat, launcher } = work
  const results = resultDirOf(runDir, repeat)
  await makePrivateDir(join(runDir, 'results'))
  const args = await argumentsOf(plan, runDir, repeat, results)
  const argv = [...launcher.argv(plan), ...launcher.program(plan, [plan.dir, runDir]), ...args]
  const { clock, stop } = context
  const [began, startedAt] = [clock.monotonicMs(), clock.now().toISOString()]
  const sampler = startSampler(context, plan, runDir)
  sayCommand(context, argv)
  const child = startChild(argv, {
    cwd: plan.dataDir,
    env: { ...launcher.env, [RANK_MARK]: plan.id },
    // IOR and mdtest have no files of results: what they print is the result.
    ...(plan.task === 'io500' ? {} : { copyTo: join(results, 'stdout.txt') }),
  })
  const tellIt = () => void endGently(context, child)
  stop.addEventListener('abort', tellIt, { once: true })
  if (stop.aborted) tellIt()
  const { exitCode, signal, missing } = await child.ended
  stop.removeEventListener('abort', tellIt)
  sampler.signal('SIGTERM')
  await Promise.race([sampler.ended, clock.sleep(3_000)])
  const seconds = (clock.monotonicMs() - began) / 1000
  const how = missing ?? (signal ? `signal ${signal.slice(3)}` : `exit code ${exitCode}`)
  context.say(`${plan.task} ended after ${formatDuration(seconds * 1000)}: ${how}`)
  const end = { repeat, argv, launcher: launcher.name, exitCode, signal, startedAt }
  await writeEnds(runDir, [
    ...(await readEnds(runDir)),
    { ...end, endedAt: clock.now().toISOString(), seconds },
  ])
  stop.throwIfAborted()
  return exitCode ?? 1
}

async function argumentsOf(
  plan: RunPlan,
  runDir: string,
  repeat: number,
  results: string,
): Promise<string[]> {
  if (plan.task !== 'io500') {
    await makePrivateDir(results)
    return plan.args
  }
  const given = await readTextIfThere(join(runDir, 'config.ini'))
  if (given === undefined) throw new BugError('The run has no config.ini')
  const file = join(runDir, repeat === 1 ? 'run.ini' : `run-${repeat}.ini`)
  const ini = fixedFor(parseIni(given), { dataDir: plan.dataDir, resultDir: results })
  await writeAtomically(file, iniText(ini))
  return [file]
}

function startSampler(context: JobContext, plan: RunPlan, runDir: string): Child {
  const program = plan.program.path.split('/').at(-1)!
  return startChild(
    onEveryNode(plan, self(context, 'sample', runDir, plan.id, program, plan.dataDir)),
  )
}

/** TERM to the launcher, which hands it on to the ranks; KILL when that does not end it. */
async function endGently({ clock }: JobContext, child: Child): Promise<void> {
  child.signal('SIGTERM')
  await Promise.race([child.ended, clock.sleep(GRACE_MS)])
  child.signal('SIGKILL')
}
