import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { writeJson } from '../../platform/files.js'
import { Crew } from './crew.js'
import { fromHr, hrMs, type FollowerBrief, type TeamAnswer, type TeamOrder } from './team.js'
import { bearerToken } from './token.js'
import { WorkerMeter } from './worker-meter.js'

/** A worker that does its share of every pass when the lead says so, and hands over what it measured as a file. */
export async function follow(brief: FollowerBrief, signal: AbortSignal): Promise<void> {
  const { order, facts, share } = brief
  const say = (answer: TeamAnswer) => void process.stdout.write(JSON.stringify(answer) + '\n')
  const crew = await Crew.assemble({
    ...{ order, facts, share, signal },
    token: await bearerToken(order.tokenFile),
    emit: say,
  })
  say({ type: 'ready' })
  let passes = 0
  for await (const line of createInterface({ input: process.stdin })) {
    const told = JSON.parse(line) as TeamOrder
    if (told.type === 'end') break
    if (told.type === 'clock') say({ type: 'clock', n: told.n, hrMs: hrMs() })
    else if (told.type === 'warm-up') {
      await crew.warmUp(order.plan.warmup, fromHr(told.startMs))
      say({ type: 'warmed-up' })
    } else {
      const meter = new WorkerMeter()
      const outcome = await crew.run(told.pass, fromHr(told.startMs))
      const file = join(order.runDir, `worker-${share.index}-pass-${passes++}.json`)
      await writeJson(file, { ...outcome, usage: meter.read() })
      say({ type: 'outcome', file })
    }
  }
  await crew.close()
  // The lead keeps its end open until we are gone.
  process.stdin.destroy()
}
