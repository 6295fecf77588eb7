import type { RunPlan } from '../../../instrument/filesystem/run-plan.js'
import { judgedRepeats } from '../judged.js'
import type { JobContext } from './context.js'

/** With --strict a result that does not count is a failure, which every command that waits for the job sees. */
export async function strictVerdict(
  { say }: JobContext,
  plan: RunPlan,
  runDir: string,
): Promise<number> {
  const bad = (await judgedRepeats(runDir, plan)).find(({ valid }) => !valid)
  if (!bad) return 0
  const why = bad.problems.find(({ severity }) => severity === 'invalid')
  say(`✗ The result is invalid${why ? `: ${why.text}` : ''}`)
  if (why?.fix) say(`  try ${why.fix}`)
  return 6
}
