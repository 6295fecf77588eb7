import type { Explanation } from '../../jobs/contract.js'

export function explainLustre(_lines: readonly string[]): Explanation | undefined {
  return undefined
}
