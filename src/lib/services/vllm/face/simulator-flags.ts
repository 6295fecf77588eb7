import * as Flags from '@oclif/core/flags'
import type * as Interfaces from '@oclif/core/interfaces'
import { UsageError } from '../../../platform/errors.js'
import { timeFrom } from '../../../jobs/face/flags.js'

const simulation = { helpGroup: 'SIMULATION' } as const
const withSimulate = { ...simulation, dependsOn: ['simulate'] }

/** What our simulated server is like. Whatever comes from it says so. */
export const simulatorFlags = {
  simulate: Flags.boolean({
    ...simulation,
    summary:
      'Start the built-in simulator instead of vLLM: no model, made-up answers, known timing.',
    env: 'AIBENCH_SIMULATE',
  }),
  ttft: Flags.string({
    ...withSimulate,
    helpValue: 'TIME',
    summary:
      'Set its time to the first token: 50ms, exponential:50ms, normal:50ms:5ms, lognormal:50ms. Default 50ms.',
    env: 'AIBENCH_TTFT',
  }),
  itl: Flags.string({
    ...withSimulate,
    helpValue: 'TIME',
    summary: 'Set its time between tokens, in the same form. Default 20ms.',
    env: 'AIBENCH_ITL',
  }),
  slots: Flags.integer({
    ...withSimulate,
    helpValue: 'N',
    min: 1,
    summary: 'Run N requests at a time; the others queue. Default 256.',
    env: 'AIBENCH_SLOTS',
  }),
  'tokens-per-event': Flags.integer({
    ...withSimulate,
    helpValue: 'N',
    min: 1,
    summary: 'Send N tokens in each event. Default 1.',
    env: 'AIBENCH_TOKENS_PER_EVENT',
  }),
  fault: Flags.string({
    ...withSimulate,
    helpValue: 'KIND:SHARE',
    multiple: true,
    multipleNonGreedy: true,
    summary:
      'Inject a fault into a share of the requests, such as http_429:0.1 or stall:0.02. Repeatable.',
    env: 'AIBENCH_FAULT',
  }),
}

/** The simulator's options as far as they were given; null without --simulate. */
export function simulatorFrom(
  flags: Interfaces.InferredFlags<typeof simulatorFlags>,
): Record<string, unknown> | null {
  if (!flags.simulate) return null
  return {
    ...(flags.ttft === undefined ? {} : { ttftMs: distribution(flags.ttft, 'ttft') }),
    ...(flags.itl === undefined ? {} : { itlMs: distribution(flags.itl, 'itl') }),
    ...(flags.slots === undefined ? {} : { slots: flags.slots }),
    ...(flags['tokens-per-event'] === undefined
      ? {}
      : { tokensPerEvent: flags['tokens-per-event'] }),
    ...(flags.fault === undefined ? {} : { faults: flags.fault.map(fault) }),
  }
}

const KINDS = ['constant', 'normal', 'exponential', 'lognormal']

/** `50ms`, or `KIND:MEAN[:SD]`. */
function distribution(text: string, flag: string): Record<string, unknown> {
  const parts = text.split(':')
  const [kind, mean, sd, more] = KINDS.includes(parts[0]) ? parts : ['constant', ...parts]
  if (mean === undefined || more !== undefined)
    throw new UsageError(
      `--${flag} must be TIME or KIND:MEAN[:SD] such as 50ms or lognormal:50ms:20ms, not "${text}"`,
      { hints: [`kinds: ${KINDS.join(' ')}`] },
    )
  return {
    kind,
    meanMs: timeFrom(mean, flag),
    ...(sd === undefined ? {} : { sd: timeFrom(sd, flag) }),
  }
}

function fault(text: string): { kind: string; share: number } {
  const [, kind, number] = /^([a-z_\d]+):([\d.]+)$/.exec(text) ?? []
  const share = Number(number)
  if (kind === undefined || !(share > 0 && share <= 1))
    throw new UsageError(
      `--fault must be KIND:SHARE such as http_429:0.1, with a share up to 1, not "${text}"`,
    )
  return { kind, share }
}
