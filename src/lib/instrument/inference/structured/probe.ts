import type { Constraint } from '../item.js'

/** One small request before the run, whose answer shows whether the server keeps to constraints. */
export interface ConstraintProbe {
  prompt: string
  constraint: Constraint
  maxTokens: number
  /** False when the model answered the question instead. */
  honours(text: string): boolean
}

/** No model answers this with the words below, unless it must. */
const PROMPT = 'What is the capital of France?'
const WORD = 'quoblix'

/** What no model would say by itself: an answer of this form was constrained. */
export function probeConstraint(kind: Constraint['kind']): ConstraintProbe {
  return { prompt: PROMPT, maxTokens: 64, ...PROBES[kind] }
}

const PROBES: Readonly<
  Record<Constraint['kind'], Pick<ConstraintProbe, 'constraint' | 'honours'>>
> = {
  json: {
    constraint: {
      kind: 'json',
      schema: {
        type: 'object',
        properties: { [WORD]: { type: 'string', enum: [WORD] } },
        required: [WORD],
        additionalProperties: false,
      },
    },
    // A weak model may fill the room with white space, which JSON allows: the beginning is proof enough.
    honours: (text) => {
      const dense = text.replace(/\s+/g, '')
      return dense !== '' && `{"${WORD}":"${WORD}"}`.startsWith(dense)
    },
  },
  regex: {
    constraint: { kind: 'regex', pattern: `${WORD}-[0-9]{4}` },
    honours: (text) => /^quoblix-[0-9]{4}$/.test(text),
  },
  choice: {
    constraint: { kind: 'choice', choices: [`${WORD} one`, `${WORD} two`] },
    honours: (text) => text === `${WORD} one` || text === `${WORD} two`,
  },
  grammar: {
    constraint: { kind: 'grammar', grammar: `root ::= "${WORD} " ("left" | "right")` },
    honours: (text) => text === `${WORD} left` || text === `${WORD} right`,
  },
}
