import { Rng } from '../../rng.js'
import { constrainedSource } from './constrained.js'
import type { Source, SourceOptions } from './source.js'
import { randomWord } from './words.js'

/** Forms that programs expect, each with an end. */
export const REGEX_TASKS: readonly { ask: string; pattern: string }[] = [
  {
    ask: 'Give an e-mail address in lower case',
    pattern: '[a-z]{2,10}(\\.[a-z]{2,10})?@[a-z]{2,12}\\.(com|org|net)',
  },
  {
    ask: 'Give a date as YYYY-MM-DD',
    pattern: '20[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])',
  },
  { ask: 'Give a time as HH:MM:SS', pattern: '([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]' },
  { ask: 'Give a colour as #RRGGBB', pattern: '#[0-9A-F]{6}' },
  {
    ask: 'Give an IPv4 address',
    pattern: '((25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)\\.){3}(25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)',
  },
  { ask: 'Give a version number', pattern: '\\d{1,2}\\.\\d{1,2}\\.\\d{1,3}(-(alpha|beta|rc)\\d)?' },
  {
    ask: 'Give a UUID of version 4',
    pattern: '[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}',
  },
  { ask: 'Give an amount of money in euro', pattern: '\\d{1,5}\\.\\d{2} EUR' },
  { ask: 'Give a telephone number of Luxembourg', pattern: '\\+352 \\d{3} \\d{3} \\d{3}' },
  { ask: 'Give an article number', pattern: '[A-Z]{3}-\\d{4}(-[A-Z])?' },
]

/** The patterns in turn. */
export function regexSource(outputTokens: number, options: SourceOptions): Source {
  return constrainedSource(
    {
      name: `regex ${REGEX_TASKS.length} patterns`,
      size: null,
      outputTokens,
      task: (index) => {
        const { ask, pattern } = REGEX_TASKS[index % REGEX_TASKS.length]
        const about = randomWord(new Rng(options.seed, `regex/${index}`))
        const question = `${ask} that could stand in a text about "${about}". Write it alone, so that it matches ${pattern}`
        return { question, constraint: { kind: 'regex', pattern } }
      },
    },
    options,
  )
}
