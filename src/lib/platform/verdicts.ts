/**
 * The words for how a benchmark ended: the same in the state file, in `--json`, in lists and on the screen. Their meaning for people is in
 * docs/definitions.md.
 */

/** Of the client alone: are the figures the server's? */
export const INSTRUMENT_VERDICTS = ['ok', 'late', 'client-bound'] as const
export type InstrumentVerdict = (typeof INSTRUMENT_VERDICTS)[number]

/** Of a run, or of one step of a search for the highest rate. */
export const RUN_VERDICTS = [
  'running',
  'ok',
  'threshold-missed',
  'late',
  'client-bound',
  'invalid',
  'failed',
  'interrupted',
] as const
export type RunVerdict = (typeof RUN_VERDICTS)[number]

/** What 0.1.0 wrote; its records are still read. */
export const OLD_VERDICTS = {
  'instrument-saturated': 'client-bound',
  fine: 'ok',
  server: 'ok',
  balanced: 'ok',
  client: 'client-bound',
} as const satisfies Record<string, RunVerdict>
