import { answer } from './answer.js'

/** `aibench __complete SHELL WORD…`: the last word is the one at the cursor. Answers or stays silent; never says an error. */
export function complete(argv: readonly string[], root: string): void {
  try {
    const [, ...words] = argv
    process.stdout.write(
      answer(words, root)
        .map((word) => `${word}\n`)
        .join(''),
    )
  } catch {
    // A broken state file or manifest is not the terminal's business while somebody types.
  }
}
