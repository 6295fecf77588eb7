/** What is not yet as `architecture.test.ts` wants it. Only ever gets shorter, and goes when it is empty. */
export const ARROWS_TO_TURN: readonly string[] = [
  'lib/benchmarks/settle-runs.ts → lib/benchmarks/vectors/verdict.ts',
  'lib/benchmarks/settle-runs.ts → lib/benchmarks/inference/verdict.ts',
  'lib/jobs/status.ts → lib/benchmarks/settle-runs.ts',
  'lib/benchmarks/face/save-as.ts → lib/benchmarks/inference/face/formats.ts',
  'lib/benchmarks/inference/bench.ts → lib/services/vllm/reports.ts',
  'lib/benchmarks/inference/bench.ts → lib/services/vllm/served-name.ts',
  'lib/benchmarks/inference/bench.ts → lib/services/vllm/options.ts',
  'lib/benchmarks/inference/plan-from-request.ts → lib/services/vllm/reports.ts',
  'lib/benchmarks/inference/self-test.ts → lib/services/vllm/reports.ts',
  'lib/jobs/face/instance-commands.ts → lib/app/small-views.ts',
  'lib/services/vllm/reports.ts → lib/benchmarks/foreign.ts',
  'lib/benchmarks/inference/face/request-from-flags.ts → lib/services/vllm/reports.ts',
]
/** Files that stand in circles. */
export const CIRCLES_TO_OPEN: readonly string[] = [
  'lib/instrument/vectors/assemble.ts',
  'lib/instrument/vectors/calibrate.ts',
  'lib/instrument/vectors/measure.ts',
  'lib/instrument/vectors/run.ts',
]
export const NAMES_TO_MOVE: readonly string[] = [
  'lib/jobs/job-settings.ts',
  'lib/jobs/face/instance-commands.ts',
]
