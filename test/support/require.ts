import type { Context } from 'mocha'

/** What a test may need from its surroundings: Slurm's daemons, a real Chroma server, vLLM or Ray, root, zsh and fish. */
export type Need = 'slurm' | 'chroma' | 'vllm' | 'ray' | 'root' | 'shells'

/**
 * Skips the test, by name and reason, when something is not there; fails it instead when AIBENCH_TEST_REQUIRE names the need.
 * Call it in a test or a before hook: `needs(this, 'chroma', found, 'no Chroma server could be installed')`.
 */
export function needs(test: Context, need: Need, isThere: boolean, why: string): void {
  if (isThere) return
  if (isRequired(need)) throw new Error(`${need} is required here: ${why}`)
  console.log(`      skipped, ${need}: ${why}`)
  test.skip()
}

/** Whether AIBENCH_TEST_REQUIRE names it, as CI does: then it is also installed when that takes long. */
export function isRequired(need: Need): boolean {
  return (process.env.AIBENCH_TEST_REQUIRE ?? '').split(',').includes(need)
}
