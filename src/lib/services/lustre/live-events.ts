import type { LiveState, Rates, Remaining } from '../../instrument/filesystem/live/contract.js'
import { rateOf } from '../../instrument/filesystem/live/read-live.js'

/**
 * What happens in a run that is watched: the lines of `lustre logs -f --events`, described in docs/live-events.md. `at` is the job's time,
 * ISO 8601, UTC.
 */
export type LiveEvent = StageEvent | PhaseEvent | RateEvent | PhaseEndEvent

interface Common {
  at: string
  /** Of how many, counted from 1. */
  repeat: number
  repeats: number
}

export interface StageEvent extends Common {
  type: 'stage'
  stage: LiveState['stage']
  text: string
}

export interface PhaseEvent extends Common {
  type: 'phase'
  phase: string
  /** Counted from 1. */
  index: number
  phases: number
  startedAt: string
}

export interface RateEvent extends Common {
  type: 'rate'
  /** Null of a program whose phases are not known. */
  phase: string | null
  elapsedMs: number
  /** What tells how the phase goes, per second: bytes, calls or files; null where nothing shows it. */
  value: number | null
  unit: 'bytes' | 'calls' | 'files' | null
  /** Share of the stonewall that has passed, and how the rate after it compares with that before; null of a phase without one. */
  stonewall: { share: number; wearOut: number | null } | null
  /** Of all nodes and of each, per second. */
  rates: Rates | null
  nodes: LiveState['nodes']
  share: number | null
  remaining: Remaining | null
}

export interface PhaseEndEvent extends Common {
  type: 'phase-end'
  phase: string
  index: number
  phases: number
  value: number | null
  unit: 'GiB/s' | 'kIOPS'
  seconds: number | null
  markedInvalid: boolean
}

/** Tells what is new between one look and the next. */
export class LiveChanges {
  #stage = ''
  #phase = ''
  #ended = new Set<string>()
  #rateAtMs: number | undefined

  /** @param rateEveryMs the least time between two events that only tell figures */
  constructor(private readonly rateEveryMs: number) {}

  of(state: LiveState): LiveEvent[] {
    return [
      // What ended did so before what goes on now.
      ...this.#ends(state),
      ...this.#stages(state),
      ...this.#phases(state),
      ...this.#rates(state),
    ]
  }

  *#stages(state: LiveState): Generator<LiveEvent> {
    const { stage, text } = state
    const key = `${stage} ${text} ${state.repeat}`
    if (key === this.#stage) return
    this.#stage = key
    yield { type: 'stage', ...common(state), stage, text }
  }

  *#ends(state: LiveState): Generator<LiveEvent> {
    const { done, phases } = state
    for (const { name, index, value, unit, seconds, isMarkedInvalid } of done) {
      const key = `${state.repeat} ${name}`
      if (this.#ended.has(key)) continue
      this.#ended.add(key)
      const figures = { value, unit, seconds, markedInvalid: isMarkedInvalid }
      yield { type: 'phase-end', ...common(state), phase: name, index, phases, ...figures }
    }
  }

  *#phases(state: LiveState): Generator<LiveEvent> {
    const { phase, phases } = state
    const key = phase ? `${state.repeat} ${phase.name}` : ''
    if (!phase || key === this.#phase) return
    this.#phase = key
    this.#rateAtMs = state.nowMs
    const { name, index, startedAtMs } = phase
    const startedAt = new Date(startedAtMs).toISOString()
    yield { type: 'phase', ...common(state), phase: name, index, phases, startedAt }
  }

  *#rates(state: LiveState): Generator<LiveEvent> {
    const { phase, nowMs, rates, nodes, share, remaining, sinceMs } = state
    if (state.stage !== 'running') return
    if (nowMs - (this.#rateAtMs ?? -Infinity) < this.rateEveryMs) return
    this.#rateAtMs = nowMs
    const stonewall = phase?.stonewall ?? null
    yield {
      type: 'rate',
      ...common(state),
      phase: phase?.name ?? null,
      elapsedMs: phase?.elapsedMs ?? Math.max(0, nowMs - (sinceMs ?? nowMs)),
      value: phase && rates ? rateOf(phase.measure, rates) : null,
      unit: phase ? UNITS[phase.measure] : null,
      stonewall: stonewall && {
        share: stonewall.share,
        wearOut: stonewall.wearOut?.share ?? null,
      },
      ...{ rates, nodes, share, remaining },
    }
  }
}

const UNITS = {
  writeBytes: 'bytes',
  readBytes: 'bytes',
  writeCalls: 'calls',
  readCalls: 'calls',
  filesCreated: 'files',
  filesRemoved: 'files',
  none: null,
} as const

function common({ nowMs, repeat, repeats }: LiveState): Common {
  return { at: new Date(nowMs).toISOString(), repeat, repeats }
}
