import { monotonicMs } from './monotonic.js'

/** Something that is due at a time; empty once it is done or given up. */
export interface Due {
  readonly atMs: number
  run: (() => void) | null
}

/** A timer knows whole milliseconds and fires up to one late: the last two are left to turns of the event loop. */
const SPIN_MS = 2
/** With more than these waiting, something is nearly always due soon: spinning would take a whole core. */
const MOST_TO_SPIN_FOR = 8

/**
 * Runs things at absolute times with one timer for all: a heap, so that hundreds of streams cost no more than their events. What is late
 * moves nothing after it.
 */
export class Timeline {
  readonly #heap: Due[] = []
  #timer: NodeJS.Timeout | null = null
  #timerAtMs = Infinity
  #spinning = false

  at(atMs: number, run: () => void): Due {
    const due: Due = { atMs, run }
    this.#push(due)
    if (!this.#spinning && atMs < this.#timerAtMs) this.#arm()
    return due
  }

  stop(): void {
    this.#heap.length = 0
    if (this.#timer) clearTimeout(this.#timer)
    this.#timer = null
    this.#timerAtMs = Infinity
  }

  #arm(): void {
    if (this.#timer) clearTimeout(this.#timer)
    this.#timer = null
    this.#timerAtMs = Infinity
    const [next] = this.#heap
    if (!next) return
    const waitMs = next.atMs - monotonicMs()
    if (waitMs <= SPIN_MS && this.#heap.length <= MOST_TO_SPIN_FOR) {
      this.#spinning = true
      setImmediate(() => this.#wake())
      return
    }
    this.#timerAtMs = next.atMs
    this.#timer = setTimeout(() => this.#wake(), Math.max(1, Math.floor(waitMs - SPIN_MS)))
  }

  #wake(): void {
    this.#spinning = true
    for (;;) {
      const [next] = this.#heap
      if (!next || next.atMs > monotonicMs()) break
      this.#pop()
      const { run } = next
      next.run = null
      run?.()
    }
    this.#spinning = false
    this.#arm()
  }

  #push(due: Due): void {
    const heap = this.#heap
    let at = heap.push(due) - 1
    while (at > 0) {
      const parent = (at - 1) >> 1
      if (heap[parent].atMs <= due.atMs) break
      heap[at] = heap[parent]
      at = parent
    }
    heap[at] = due
  }

  #pop(): void {
    const heap = this.#heap
    const last = heap.pop()!
    if (heap.length === 0) return
    let at = 0
    for (;;) {
      let child = 2 * at + 1
      if (child >= heap.length) break
      if (child + 1 < heap.length && heap[child + 1].atMs < heap[child].atMs) child++
      if (heap[child].atMs >= last.atMs) break
      heap[at] = heap[child]
      at = child
    }
    heap[at] = last
  }
}
