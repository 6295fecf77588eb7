import type { Constraint } from '../item.js'
import type { ValidityName } from '../request-table.js'
import { classifyAnswer } from './validate.js'

/** An answer that had to have a form. */
export interface Answer {
  constraint: Constraint
  text: string
  finishReason: string | null
  index: number
}

/** An answer that was not what it had to be, for the result's examples. */
export interface InvalidAnswer {
  index: number
  why: string
  text: string
}

/** Answers are kept until nothing is being timed: up to this many characters; those beyond are not judged. */
const MOST_KEPT = 64 * 1024 * 1024
/** For all answers of a pass. */
const BUDGET_MS = 60_000
/** The same when somebody waits for us to end. */
const FAREWELL_MS = 3_000
/** Signals are heard this often. */
const BREATH_MS = 50
const MOST_EXAMPLES = 3

/** The answers of one pass that wait to be judged. What is not judged in time is `unjudged`: it delays no result, and loses none. */
export class Scoring {
  readonly #waiting: { answer: Answer; told(validity: ValidityName): void }[] = []
  readonly invalid: InvalidAnswer[] = []
  #kept = 0

  /** @param limits for tests */
  constructor(readonly limits = { kept: MOST_KEPT, budgetMs: BUDGET_MS }) {}

  /** @param told is called once, at once for what there is no room to keep */
  add(answer: Answer, told: (validity: ValidityName) => void): void {
    this.#kept += answer.text.length
    if (this.#kept > this.limits.kept) told('unjudged')
    else this.#waiting.push({ answer, told })
  }

  async judgeAll(signal: AbortSignal): Promise<void> {
    const startMs = performance.now()
    let breathMs = startMs
    for (const { answer, told } of this.#waiting.splice(0)) {
      const nowMs = performance.now()
      if (nowMs - breathMs > BREATH_MS) {
        await new Promise((go) => setImmediate(go))
        breathMs = nowMs
      }
      const budgetMs = signal.aborted ? FAREWELL_MS : this.limits.budgetMs
      told(nowMs - startMs < budgetMs ? await this.#one(answer) : 'unjudged')
    }
    this.#kept = 0
  }

  async #one({ constraint, text, finishReason, index }: Answer): Promise<ValidityName> {
    const judged = await classifyAnswer(constraint, text, finishReason)
    if (judged.verdict === 'invalid' && this.invalid.length < MOST_EXAMPLES)
      this.invalid.push({ index, why: judged.why, text: text.slice(0, 200) })
    return judged.verdict
  }
}
