import { RELIABLE_P99_N, RELIABLE_P999_N } from '../measure/statistics.js'
import type { Metrics as Known } from '../measure/thresholds.js'
import type { Distribution, InferenceResult } from './result.js'

const STATISTICS = ['mean', 'p50', 'p90', 'p99', 'p99.9'] as const
const TIMES = {
  ttft: ['TTFT', 'ttftMs'],
  ttfo: ['TTFO', 'ttfoMs'],
  tpot: ['TPOT', 'tpotMs'],
  itl: ['ITL', 'itlMs'],
  e2e: ['E2E', 'e2eMs'],
} as const

/** What `--slo` of an inference benchmark may name: `ttft_p99`, `tpot_mean`, `goodput_share`, `errors`, … */
export const INFERENCE_METRICS: Known<InferenceResult> = {
  ...Object.fromEntries(
    Object.entries(TIMES).flatMap(([name, [label, key]]) =>
      STATISTICS.map((statistic) => [
        `${name}_${statistic}`,
        {
          label: `${label} ${statistic}`,
          unit: 'ms' as const,
          of: ({ metrics }: InferenceResult) => statisticOf(metrics[key], statistic),
          ...ofTail(statistic, ({ metrics }) => metrics[key].n),
        },
      ]),
    ),
  ),
  ...scheduled('ttft', 'TTFT', 'ttftMs'),
  ...scheduled('e2e', 'E2E', 'e2eMs'),
  rps: { label: 'requests/s', unit: '/s', of: (r) => r.throughput.requestsPerSecond },
  tokens: { label: 'tokens/s out', unit: '/s', of: (r) => r.throughput.outputTokensPerSecond },
  goodput: { label: 'goodput', unit: '/s', of: (r) => r.goodput?.perSecond ?? null },
  goodput_share: { label: 'goodput share', unit: '', of: (r) => r.goodput?.shareOfIssued ?? null },
  valid: {
    label: 'valid share',
    unit: '',
    of: (r) => r.structured?.constrained.validShare ?? null,
  },
  errors: { label: 'failed requests', unit: '', of: (r) => r.requests.failed },
}

/** From the time at which the request was due: `ttft_due_p99`. */
function scheduled(name: string, label: string, key: 'ttftMs' | 'e2eMs'): Known<InferenceResult> {
  return Object.fromEntries(
    STATISTICS.map((statistic) => [
      `${name}_due_${statistic}`,
      {
        label: `${label} from due ${statistic}`,
        unit: 'ms' as const,
        of: ({ metrics }: InferenceResult) =>
          metrics.fromSchedule && statisticOf(metrics.fromSchedule[key], statistic),
        ...ofTail(statistic, ({ metrics }) => metrics.fromSchedule?.[key].n ?? 0),
      },
    ]),
  )
}

function statisticOf(
  distribution: Distribution,
  statistic: (typeof STATISTICS)[number],
): number | null {
  return distribution[statistic === 'p99.9' ? 'p999' : statistic]
}

function ofTail(
  statistic: (typeof STATISTICS)[number],
  n: (result: InferenceResult) => number,
): Pick<Known<InferenceResult>[string], 'samples'> {
  const needed = { p99: RELIABLE_P99_N, 'p99.9': RELIABLE_P999_N }[statistic as string]
  return needed === undefined ? {} : { samples: (result) => ({ n: n(result), needed }) }
}
