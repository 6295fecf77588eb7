import { formatDuration, formatNumber } from '../../../platform/units.js'
import type { Style } from '../../../report/style.js'
import type { LiveState } from '../../../instrument/filesystem/live/contract.js'
import type { LiveEvent } from '../live-events.js'
import { bothRatesText, leftText, rateText, wallText } from '../live-words.js'

/** An event as a line, where there is no terminal to draw on; undefined of one that says nothing to a person. */
export function eventText(event: LiveEvent, state: LiveState, style: Style): string | undefined {
  const repeat = event.repeats > 1 ? ` · repeat ${event.repeat} of ${event.repeats}` : ''
  switch (event.type) {
    case 'stage':
      if (event.stage === 'done' || event.stage === 'starting') return undefined
      return `${event.stage}${event.text ? ` ${event.text}` : ''}${repeat}`
    case 'phase':
      return `${event.phase} (${event.index} of ${event.phases}) begins`
    case 'phase-end': {
      const mark = event.markedInvalid ? style.bad('✗') : style.good('✓')
      const value = event.value === null ? 'no value' : `${formatNumber(event.value)} ${event.unit}`
      const time = event.seconds === null ? '' : `  ${formatDuration(event.seconds * 1000)}`
      return `${mark} ${event.phase}  ${value}${time}${event.markedInvalid ? '  invalid' : ''}`
    }
    case 'rate': {
      const { phase, rates, remaining } = state
      const parts = [
        phase
          ? rateText(phase.measure, rates)
          : state.phases === 0 && rates && bothRatesText(rates),
        wallText(state),
        remaining && leftText(remaining),
      ].filter(Boolean)
      if (parts.length === 0) return undefined
      return `… ${event.phase ?? 'running'}  ${parts.join(' · ')}`
    }
  }
}
