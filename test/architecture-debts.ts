/** Files that stand in circles. Only ever gets shorter, and goes when it is empty. */
export const CIRCLES_TO_OPEN: readonly string[] = [
  'lib/instrument/vectors/assemble.ts',
  'lib/instrument/vectors/calibrate.ts',
  'lib/instrument/vectors/measure.ts',
  'lib/instrument/vectors/run.ts',
]
