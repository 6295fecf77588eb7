import { join } from 'node:path'
import { commandOn } from '../platform/command-line.js'
import { NotFoundError } from '../platform/errors.js'
import { openTail } from '../platform/tail.js'
import type { Instance, State } from '../state/schema.js'
import type { Context, Member } from './contract.js'
import type { LogsReport, LogsRequest } from './reports.js'
import { findInstance } from './find.js'
import { followInstance } from './follow.js'
import { mayBeCollected } from './hooks.js'
import { logsOf, membersOf } from './members.js'
import { reconcile } from './reconcile.js'

const FOLLOW_PAUSE_MS = 400

/** The last lines of a log, and with `follow` what comes until the instance has ended. Reads by size, which works on NFS and Lustre. */
export async function readLogs(context: Context, request: LogsRequest): Promise<LogsReport> {
  const { instance, member } = logMeant(context, await context.state.read(), request)
  const names = logsOf(instance, member)
  const name = names.find((one) => one.includes(request.stream)) ?? names[0]
  const path = join(instance.runDir, name)
  if (mayBeCollected(instance)) await reconcile(context, [instance])
  const tail = await openTail(path)
  if (!tail && !request.follow)
    throw new NotFoundError(`${instance.name} has no ${name} yet`, {
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
  if (request.follow)
    await followInstance(context, instance, FOLLOW_PAUSE_MS, async () => {
      file ??= await openTail(path)
      await file?.rest(write)
    })
  await file?.close()
  return { path, lines }
}

/**
 * Of an instance, or of one of its servers. A single word may be either.
 * @throws NotFoundError with the servers that it has
 */
function logMeant(
  context: Context,
  state: State,
  { service, name, member }: LogsRequest,
): { instance: Instance; member?: Member } {
  const isInstance = Object.values(state.instances).some(
    (one) => one.service === service && (one.name === name || one.id === name),
  )
  if (name !== undefined && member === undefined && !isInstance) {
    const alive = Object.values(state.instances).some((one) => one.service === service)
    const only = alive ? findInstance(context, state, service) : undefined
    const found = only && membersOf(context, only).find((one) => one.name === name)
    if (found) return { instance: only, member: found }
  }
  const instance = findInstance(context, state, service, name)
  if (member === undefined) return { instance }
  const members = membersOf(context, instance)
  const found = members.find((one) => one.name === member)
  if (found) return { instance, member: found }
  throw new NotFoundError(`${instance.name} has no server called "${member}"`, {
    code: 'AIB_MEMBER_UNKNOWN',
    hints: members.map((one) => commandOn(instance, 'logs', one.name)),
  })
}
