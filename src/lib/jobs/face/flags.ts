import { durationType } from '../../options/types.js'

/** @throws UsageError naming the flag */
export function timeFrom(text: string, flag: string): number {
  return durationType.read(text, `--${flag}`)
}
