import type { Constraint } from '../item.js'
import type { ValidityName } from '../request-table.js'
import type { Judge } from './judge.js'

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

/** Answers are kept until nothing is being timed: up to this many characters, those beyond are not judged. */
const MOST_KEPT = 64 * 1024 * 1024
/** For all answers of a pass: a pattern or a grammar may take for ever. */
const BUDGET_MS = 60_000
/** The same when somebody waits for us to end. */
const FAREWELL_MS = 3_000
const MOST_EXAMPLES = 3

/** The answers of one pass that wait to be judged. What is not judged in time is `unjudged`: it delays no result, and loses none. */
export class Scoring {
  readonly #judge: Judge
  readonly #waiting: { answer: Answer; told(validity: ValidityName): void }[] = []
  readonly invalid: InvalidAnswer[] = []
  #kept = 0

  constructor(judge: Judge) {
    this.#judge = judge
  }

  /** @param told is called once, at once for what there is no room to keep */
  add(answer: Answer, told: (validity: ValidityName) => void): void {
    this.#kept += answer.text.length
    if (this.#kept > MOST_KEPT) told('unjudged')
    else this.#waiting.push({ answer, told })
  }

  async judgeAll(signal: AbortSignal): Promise<void> {
    const startMs = performance.now()
    const leftMs = () => startMs + (signal.aborted ? FAREWELL_MS : BUDGET_MS) - performance.now()
    for (const { answer, told } of this.#waiting.splice(0)) told(await this.#one(answer, leftMs()))
    this.#kept = 0
  }

  async #one(answer: Answer, leftMs: number): Promise<ValidityName> {
    if (leftMs <= 0) return 'unjudged'
    const judged = await this.#judge.judge(answer, leftMs)
    if (judged.verdict === 'invalid' && this.invalid.length < MOST_EXAMPLES)
      this.invalid.push({
        ...{ index: answer.index, why: judged.why },
        text: answer.text.slice(0, 200),
      })
    return judged.verdict
  }
}
