import { join } from 'node:path'
import { commandOn } from '../platform/command-line.js'
import { NotFoundError } from '../platform/errors.js'
import { openTail } from '../platform/tail.js'
import { readReceipt } from '../scheduler/receipt.js'
import type { Context } from './contract.js'
import type { LogsReport, LogsRequest } from './reports.js'
import { findInstance } from './find.js'
import { reconcile } from './reconcile.js'

const FOLLOW_PAUSE_MS = 400
/** While following, the scheduler is asked this seldom whether the job is still there. */
const ALIVE_PAUSE_MS = 30_000

/** The last lines of a log, and with `follow` what comes until the instance has ended. Reads by size, which works on NFS and Lustre. */
export async function readLogs(context: Context, request: LogsRequest): Promise<LogsReport> {
  const instance = findInstance(context, await context.state.read(), request.service, request.name)
  const path = join(instance.runDir, `${request.stream}.log`)
  const tail = await openTail(path)
  if (!tail && !request.follow)
    throw new NotFoundError(`${instance.name} has no ${request.stream}.log yet`, {
      where: instance.runDir,
      hints: [commandOn(instance, 'check')],
    })
  let file = tail
  let lines = 0
  const write = (text: string) => {
    for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) lines++
    return request.write(text)
  }
  await file?.last(request.lines, write)
  let current = instance
  let askedMs = -Infinity
  while (request.follow && !context.signal.aborted) {
    if (context.clock.monotonicMs() - askedMs > ALIVE_PAUSE_MS || (await hasReceipt(current))) {
      ;[{ instance: current }] = await reconcile(context, [current])
      askedMs = context.clock.monotonicMs()
    }
    file ??= await openTail(path)
    await file?.rest(write)
    if (current.phase === 'ended') break
    await context.clock.sleep(FOLLOW_PAUSE_MS, context.signal).catch(() => undefined)
  }
  await file?.close()
  return { path, lines }
}

async function hasReceipt({ runDir, token }: { runDir: string; token: string }): Promise<boolean> {
  return (await readReceipt(runDir, token)) !== undefined
}
