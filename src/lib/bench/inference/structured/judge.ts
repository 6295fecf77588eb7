import { isMainThread, parentPort, Worker } from 'node:worker_threads'
import type { Answer } from './scoring.js'
import { classifyAnswer, type AnswerVerdict } from './validate.js'

export type Judgement = AnswerVerdict | { verdict: 'unjudged' }

/** Judges answers one after the other. */
export interface Judge {
  /** `unjudged` when it takes longer than one answer may. */
  judge(answer: Answer, leftMs: number): Promise<Judgement>
  close(): Promise<void>
}

/** One answer: a pattern that goes back and forth over it may take years. */
const ONE_ANSWER_MS = 2_000
const UNJUDGED = { verdict: 'unjudged' } as const

/**
 * Judges in a thread of its own, since a pattern can't be stopped from within; where it takes too long the thread is ended and the next
 * answer gets a new one.
 */
export class ThreadJudge implements Judge {
  readonly #program: string
  #thread: Worker | null = null

  /** @param program the worker's own: it serves as a judge when it is started as a thread */
  constructor(program: string) {
    this.#program = program
  }

  async judge(answer: Answer, leftMs: number): Promise<Judgement> {
    const thread = (this.#thread ??= new Worker(this.#program, { stdin: false }))
    let timer: NodeJS.Timeout | undefined
    const judged = await new Promise<Judgement | null>((resolve) => {
      const isNew = thread.listenerCount('message') === 0
      const limitMs = Math.min(leftMs, isNew ? ONE_ANSWER_MS + START_MS : ONE_ANSWER_MS)
      timer = setTimeout(() => resolve(null), limitMs)
      thread.removeAllListeners().on('message', resolve)
      thread.on('error', () => resolve(null)).on('exit', () => resolve(null))
      thread.postMessage(answer)
    })
    clearTimeout(timer)
    if (judged === null) await this.close()
    return judged ?? UNJUDGED
  }

  async close(): Promise<void> {
    const thread = this.#thread
    this.#thread = null
    await thread?.removeAllListeners().terminate()
  }
}

/** Until a thread can be asked, on a busy machine. */
const START_MS = 10_000

/** Judges where it is asked: for what is no program of its own. */
export const inlineJudge: Judge = {
  judge: ({ constraint, text, finishReason }) => classifyAnswer(constraint, text, finishReason),
  close: () => Promise.resolve(),
}

/** Of the program, when it was started as a thread. @returns whether it was */
export function serveAsJudge(): boolean {
  if (isMainThread || !parentPort) return false
  const port = parentPort
  port.on('message', ({ constraint, text, finishReason }: Answer) => {
    void classifyAnswer(constraint, text, finishReason).then(
      (verdict) => port.postMessage(verdict),
      (error: Error) => port.postMessage({ verdict: 'invalid', why: error.message }),
    )
  })
  return true
}
