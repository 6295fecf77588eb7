/** What regular expressions and grammars have in common: enough to make the shortest text that fits. */
export type Pattern =
  | { kind: 'text'; text: string }
  | { kind: 'rule'; name: string }
  | { kind: 'sequence'; parts: readonly Pattern[] }
  | { kind: 'either'; options: readonly Pattern[] }
  | { kind: 'repeat'; part: Pattern; times: number }

/** The server does not take this constraint, or the simulator can't make an answer for it. */
export class ConstraintRefused extends Error {}

/** Short texts of rules, as far as they are known. */
type Known = ReadonlyMap<string, string>

/** @throws ConstraintRefused when a rule is missing or has no end */
export function shortestText(
  start: Pattern,
  rules: ReadonlyMap<string, Pattern> = new Map(),
): string {
  const known = new Map<string, string>()
  // Each round settles at least one more rule, or none ever will be.
  for (let settled = -1; settled < known.size;) {
    settled = known.size
    for (const [name, pattern] of rules) {
      if (known.has(name)) continue
      const text = derive(pattern, known)
      if (text !== null) known.set(name, text)
    }
  }
  const text = derive(start, known)
  if (text === null) throw new ConstraintRefused('Invalid grammar specification.')
  return text
}

function derive(pattern: Pattern, known: Known): string | null {
  switch (pattern.kind) {
    case 'text':
      return pattern.text
    case 'rule':
      return known.get(pattern.name) ?? null
    case 'sequence':
      return joined(pattern.parts.map((part) => derive(part, known)))
    case 'repeat':
      if (pattern.times === 0) return ''
      return derive(pattern.part, known)?.repeat(pattern.times) ?? null
    case 'either': {
      const texts = pattern.options.map((option) => derive(option, known))
      const found = texts.filter((text) => text !== null)
      return found.length === 0 ? null : found.reduce((a, b) => (b.length < a.length ? b : a))
    }
  }
}

function joined(texts: readonly (string | null)[]): string | null {
  return texts.includes(null) ? null : texts.join('')
}
