import { runView } from '../benchmarks/face/runs-view.js'
import { showRun, type RunReport } from '../benchmarks/runs.js'
import type { Context } from '../jobs/contract.js'
import type { Style } from '../report/style.js'
import { benchmarkFace, benchmarkKind } from './catalog.js'

/** The result of a run that is a job, for the command that waited for it. */
export async function runResult(
  context: Context,
  id: string,
): Promise<{ run: RunReport; text(style: Style): string }> {
  const run = await showRun(context, benchmarkKind, id)
  const face = run.result ? await benchmarkFace(run.result.kind) : undefined
  return { run, text: (style) => runView(run, face, style) }
}
