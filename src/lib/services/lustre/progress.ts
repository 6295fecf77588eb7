import type { LiveState } from '../../instrument/filesystem/live/contract.js'
import { liveNow } from '../../instrument/filesystem/live/read-live.js'
import type { BatchProgress } from '../../jobs/contract.js'
import { formatNumber } from '../../platform/units.js'
import { bothRatesText, leftText, rateText, repeatText, wallText } from './live-words.js'

export async function progressOf(runDir: string): Promise<BatchProgress | undefined> {
  const state = await liveNow(runDir)
  return state.stage === 'starting' || state.stage === 'done' ? undefined : progressFrom(state)
}

/** What matters most stands first: a narrow terminal shows only that. */
export function progressFrom(state: LiveState): BatchProgress {
  const { stage, text, phase, phases, rates, remaining, share } = state
  if (stage !== 'running')
    return { text: [stage, text].filter(Boolean).join(' '), share, part: stage, ...doneOf(state) }
  const parts = [
    phase ? `${phase.name} (${phase.index} of ${phases})` : betweenText(state),
    phase ? rateText(phase.measure, rates) : phases === 0 && rates && bothRatesText(rates),
    wallText(state),
    remaining && leftText(remaining),
    repeatText(state),
  ]
  return {
    text: parts.filter(Boolean).join(' · '),
    share,
    part: phase?.name ?? stage,
    ...doneOf(state),
  }
}

/** Of a program without phases there is nothing to say but what it moves. */
function betweenText({ plan, done, phases }: LiveState): string {
  if (phases === 0 && plan?.task !== 'io500') return 'running'
  if (done.length === 0) return 'before the first phase'
  return done.length < phases ? 'between two phases' : 'after the last phase'
}

function doneOf({ done }: LiveState): Pick<BatchProgress, 'done'> {
  return {
    done: done.map(({ name, value, unit, seconds, isMarkedInvalid }) => ({
      name,
      text: [
        value === null ? 'no value' : `${formatNumber(value)} ${unit}`,
        isMarkedInvalid && 'invalid',
      ]
        .filter(Boolean)
        .join(' · '),
      ms: seconds === null ? null : seconds * 1000,
    })),
  }
}
