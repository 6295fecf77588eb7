import { oneLine } from '../../platform/printable.js'
import { candidatesAt } from './candidates.js'

/**
 * `aibench __complete SHELL WORD…`: the last word is the one at the cursor. A line for each candidate, with its meaning behind a tab for
 * shells that show it, and `:files` where a path may stand. Answers or stays silent; never says an error.
 */
export function complete(argv: readonly string[], root: string): void {
  try {
    const [shell, ...words] = argv
    const { candidates, wantsPath } = candidatesAt(words, root)
    const lines = candidates.map(({ word, meaning }) =>
      shell === 'bash' || !meaning ? word : `${word}\t${oneLine(meaning)}`,
    )
    process.stdout.write(
      [...lines, ...(wantsPath ? [':files'] : [])].map((line) => `${line}\n`).join(''),
    )
  } catch {
    // A broken state file or manifest is not the terminal's business while somebody types.
  }
}
