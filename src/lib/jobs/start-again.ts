import { aibench, isFlags, withFlags, withRemark } from '../platform/command-line.js'
import type { Instance } from '../state/schema.js'
import type { Services } from './contract.js'
import { startFlagsOf } from './kept-options.js'

type Started = Pick<
  Instance,
  'service' | 'name' | 'options' | 'nodes' | 'tasksPerNode' | 'scheduler'
>

/** The command that starts an instance like this one: with its model, its image, its nodes, and `flags` changed. */
export function startAgain(services: Services, instance: Started, flags = '--wait'): string {
  const { service, name, options, nodes, tasksPerNode, scheduler } = instance
  const known = services.serviceIfKnown(service)
  const again = known && startFlagsOf(known, options)
  if (!again) return aibench(service, 'start', '--help')
  const verb = known.startVerb ? known.startVerb(options) : 'start'
  if (verb === null) return aibench('status')
  const words = [
    ...again,
    ...(name === service ? [] : ['--name', name]),
    ...(nodes > 1 ? ['--nodes', String(nodes)] : []),
    ...(tasksPerNode === undefined ? [] : ['--tasks-per-node', String(tasksPerNode)]),
    ...(scheduler === 'local' ? ['--scheduler', 'local'] : []),
  ]
  const args = known.startArgs?.(options) ?? []
  const passed = args.length > 0 ? ['--', ...args] : []
  return aibench(service, verb, ...withFlags(words, flags), ...passed)
}

/**
 * What a service's explanation of a failed start says is to be changed, as the whole command: it knows flags, `--dtype float16`, and not how
 * the instance was started. Remarks and other commands stay as they are.
 */
export function completeHint(services: Services, instance: Started, hint: string): string {
  const [line, remark] = hint.split(/ {3}# /)
  if (!isFlags(line)) return hint
  const command = startAgain(services, instance, line)
  return remark === undefined ? command : withRemark(command, remark)
}

/** For who has started nothing yet: a command for each service. */
export function firstStarts({ kinds, service }: Services): string[] {
  return kinds.map((kind) => service(kind).firstStart[0].split(/ {3}# /)[0])
}

/** For who has started nothing of a service yet. */
export function firstStart(services: Services, service: string | undefined): readonly string[] {
  return (service === undefined ? undefined : services.serviceIfKnown(service)?.firstStart) ?? []
}
