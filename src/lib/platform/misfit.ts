import type * as v from 'valibot'

type Issue = v.BaseIssue<unknown>

/**
 * What a schema finds wrong, in our words: `repeats must be a whole number, not 1.5`. `nameOf` says what a field (`load.concurrency`) is
 * called where the value came from.
 */
export function misfit(
  [issue]: readonly Issue[],
  nameOf = (field: string) => `"${field}"`,
): string {
  const field = (issue.path ?? []).map(({ key }) => String(key)).join('.')
  const name = field === '' ? 'it' : nameOf(field)
  if (issue.received === 'undefined') return `${name} is missing`
  if (issue.expected === 'never') return `${name} is not known`
  const wanted = wantedIn(issue)
  if (wanted === undefined) return issue.type === 'check' ? issue.message : `${name} is not valid`
  return `${name} must be ${wanted}${receivedIn(issue)}`
}

const KINDS: Readonly<Record<string, string>> = {
  number: 'a number',
  string: 'a text',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
  strict_object: 'an object',
  record: 'an object',
  integer: 'a whole number',
}

function wantedIn({ type, expected }: Issue): string | undefined {
  if (KINDS[type]) return KINDS[type]
  if (['picklist', 'literal', 'variant', 'enum', 'union'].includes(type))
    return (expected ?? '').replaceAll(/[()]/g, '').replaceAll(' | ', ' or ')
  // As small as a number above zero may be in a plan.
  if (expected === '>=0.000001') return 'more than 0'
  const [, sign, bound] = /^(>=|<=|>|<)(.+)$/.exec(expected ?? '') ?? []
  const words = { '>=': 'at least', '<=': 'at most', '>': 'more than', '<': 'less than' }
  return sign === undefined ? undefined : `${words[sign as '>']} ${bound}`
}

/** What valibot shows of a value is short already; NaN is no word of a user. */
function receivedIn({ received, input }: Issue): string {
  if (received === 'NaN') return ''
  if (typeof input === 'number' || typeof input === 'string')
    return `, not ${JSON.stringify(input)}`
  return ''
}
