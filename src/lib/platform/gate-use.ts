/** What the gate says of itself, in the words that gate and benchmarks share. */

/** The one address that the gate answers itself, to whoever has the token. No service has one of that name. */
export const GATE_USE_PATH = '/.aibench-gate/use'

/** What it has used since it began, on its own clock: two answers give its share of a core between them. */
export interface GateUse {
  cpuSeconds: number
  upSeconds: number
}
