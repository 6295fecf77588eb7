import type { Context } from 'mocha'

/**
 * What a test may need from its surroundings: Slurm's daemons, real servers (support/monitors.ts has the
 * Prometheus and the Collector, support/grafana.ts the Grafana of AIBENCH_GRAFANA), root, zsh and fish, MPI, a Chromium (support/browser.ts: AIBENCH_CHROMIUM, or of PATH).
 */
export type Need =
  | 'slurm'
  | 'chroma'
  | 'vllm'
  | 'ray'
  | 'root'
  | 'shells'
  | 'mpi'
  | 'prometheus'
  | 'collector'
  | 'browser'
  | 'grafana'

/**
 * Skips the test, by name and reason, when something is not there; fails it instead when AIBENCH_TEST_REQUIRE names the need.
 * AIBENCH_TEST_WITHOUT=slurm,vllm leaves out what is there: as on a machine that has it not.
 * Call it in a test or a before hook: `needs(this, 'chroma', found, 'no Chroma server could be installed')`.
 */
export function needs(test: Context, need: Need, isThere: boolean, why: string): void {
  const isLeftOut = named('AIBENCH_TEST_WITHOUT').includes(need)
  if (isThere && !isLeftOut) return
  if (isRequired(need)) throw new Error(`${need} is required here: ${why}`)
  console.log(`      skipped, ${need}: ${isLeftOut ? 'left out by AIBENCH_TEST_WITHOUT' : why}`)
  test.skip()
}

/** Whether AIBENCH_TEST_REQUIRE names it, as CI does: then it is also installed when that takes long. */
export function isRequired(need: Need): boolean {
  return named('AIBENCH_TEST_REQUIRE').includes(need)
}

function named(variable: string): string[] {
  return (process.env[variable] ?? '').split(',')
}
