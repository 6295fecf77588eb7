import * as v from 'valibot'
import { option, repeatable, type ValueType } from '../../options/option.js'
import { alike } from '../../options/set.js'
import { durationType, integer, toggle } from '../../options/types.js'
import { UsageError } from '../../platform/errors.js'
import {
  DistributionSchema,
  SimulatorOptionsSchema,
  type Distribution,
} from '../../simulator/options.js'

const usual = v.getDefaults(SimulatorOptionsSchema)

/** `50ms`, or `KIND:MEAN[:SD]`. */
const distribution: ValueType<Distribution> = {
  schema: DistributionSchema,
  helpValue: 'TIME',
  read(text, where) {
    const kinds = DistributionSchema.entries.kind.options
    const [first, ...rest] = text.split(':')
    const named = kinds.find((kind) => kind === first)
    const [mean, sd, more] = named ? rest : [first, ...rest]
    if (mean === undefined || more !== undefined)
      throw new UsageError(
        `${where} must be TIME or KIND:MEAN[:SD] such as 50ms or lognormal:50ms:20ms, not "${text}"`,
        { hints: [`kinds: ${kinds.join(' ')}`] },
      )
    const { read } = durationType
    const parsed = { kind: named ?? 'constant', meanMs: read(mean, where) } as const
    return sd === undefined ? parsed : { ...parsed, sd: read(sd, where) }
  },
  write({ kind, meanMs, sd }) {
    const mean = `${kind === 'constant' ? '' : `${kind}:`}${meanMs}ms`
    return sd === undefined ? mean : `${mean}:${sd}ms`
  },
}

const fault: ValueType<{ kind: string; share: number }> = {
  schema: v.object({ kind: v.string(), share: v.number() }),
  read(text, where) {
    const [, kind, number] = /^([a-z_\d]+):([\d.]+)$/.exec(text) ?? []
    const share = Number(number)
    if (kind !== undefined && share > 0 && share <= 1) return { kind, share }
    throw new UsageError(
      `${where} must be KIND:SHARE such as http_429:0.1, with a share up to 1, not "${text}"`,
    )
  },
  write: ({ kind, share }) => `${kind}:${share}`,
}

export const simulateOption = {
  simulate: toggle({
    group: 'SIMULATION',
    summary:
      'Start the built-in simulator instead of vLLM: no model, made-up answers, known timing.',
  }),
}

/** What our simulated server is like: fields of its own options. Whatever comes from it says so. */
export const simulatorOptions = alike(
  { group: 'SIMULATION', needs: ['simulate'] },
  {
    ttftMs: option(distribution, {
      summary:
        'Set its time to the first token: 50ms, exponential:50ms, normal:50ms:5ms, lognormal:50ms.',
      default: usual.ttftMs,
    }),
    itlMs: option(distribution, {
      summary: 'Set its time between tokens, in the same form.',
      default: usual.itlMs,
    }),
    slots: integer({
      helpValue: 'N',
      min: 1,
      summary: 'Run N requests at a time; the others queue.',
      default: usual.slots,
    }),
    tokensPerEvent: integer({
      helpValue: 'N',
      min: 1,
      summary: 'Send N tokens in each event.',
      default: usual.tokensPerEvent,
    }),
    faults: repeatable(fault, {
      flag: 'fault',
      helpValue: 'KIND:SHARE',
      summary:
        'Inject a fault into a share of the requests, such as http_429:0.1 or stall:0.02. Repeatable.',
    }),
  },
)
