import type { IngestSample, VectorEvent } from './plan.js'

const PERIOD_MS = 500

/** Twice a second at most. */
class Pace {
  readonly #startMs: number
  #lastMs: number

  constructor(readonly nowMs: () => number) {
    this.#startMs = this.#lastMs = nowMs()
  }

  /** Of `done` things of `of`; undefined while it is too early to say. */
  figures(done: number, of: number): { perSecond: number; secondsLeft: number } | undefined {
    const nowMs = this.nowMs()
    if (nowMs - this.#lastMs < PERIOD_MS) return undefined
    this.#lastMs = nowMs
    const perSecond = (done / (nowMs - this.#startMs)) * 1000
    return { perSecond, secondsLeft: (of - done) / perSecond }
  }
}

/** How the search for the truth goes. */
export class LiveTruth {
  readonly #pace: Pace

  constructor(
    readonly of: number,
    readonly emit: (event: VectorEvent) => void,
    nowMs = () => performance.now(),
  ) {
    this.#pace = new Pace(nowMs)
  }

  /** So many vectors were searched. */
  searched(vectors: number): void {
    const { of } = this
    const figures = this.#pace.figures(vectors, of)
    if (!figures) return
    this.emit({ type: 'sample', phase: 'truth', vectors, of, secondsLeft: figures.secondsLeft })
  }
}

/** How an ingest goes. */
export class LiveIngest {
  readonly #pace: Pace

  constructor(
    readonly context: Pick<IngestSample, 'of' | 'batch' | 'repeat' | 'repeats'> & {
      emit(event: VectorEvent): void
    },
    nowMs: () => number = () => performance.now(),
  ) {
    this.#pace = new Pace(nowMs)
  }

  /** So many vectors are in. */
  added(vectors: number): void {
    const { emit, ...known } = this.context
    const figures = this.#pace.figures(vectors, known.of)
    if (!figures) return
    const { perSecond: vectorsPerSecond, secondsLeft } = figures
    emit({ type: 'sample', phase: 'ingest', vectors, vectorsPerSecond, secondsLeft, ...known })
  }
}
