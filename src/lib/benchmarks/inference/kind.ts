import { describePlan } from '../../instrument/inference/describe.js'
import {
  InferencePlanSchema,
  type InferencePlan,
  type InferenceSample,
} from '../../instrument/inference/plan.js'
import { InferenceResultSchema, type InferenceResult } from '../../instrument/inference/result.js'
import type { HardwareReport } from '../../jobs/hardware.js'
import type { BenchmarkKind } from '../kind.js'
import { AnyInferenceResultSchema } from './old-results.js'
import { neededMs, planOf, type InferenceAsked } from './plan-from-request.js'
import { LiveText } from './progress.js'
import { toldOf } from './told.js'
import { figuresOf, judgedOf, summaryLine } from './verdict.js'

/** A server of language models: times to tokens, throughput, answers that have to have a form. */
export const inference: BenchmarkKind<
  InferencePlan,
  InferenceResult,
  InferenceAsked,
  InferenceSample
> = {
  kind: 'inference',
  plan: InferencePlanSchema,
  result: InferenceResultSchema,
  anyResult: AnyInferenceResultSchema,
  planOf,
  neededMs,
  shorter: '--num-prompts 100',
  about(plan, subject) {
    const words = describePlan(plan)
    return {
      subject: subject ?? undefined,
      load: words[0],
      header: (hardware) => [[subject, hardware].filter(Boolean).join(' on '), ...words],
    }
  },
  config: (_, { subject, provenance }) => ({
    model: subject,
    gpuIds: (provenance.hardware as HardwareReport | null | undefined)?.gpuIds.slice() ?? null,
  }),
  told: toldOf,
  live: () => new LiveText(),
  judged: judgedOf,
  summary: summaryLine,
  figures: figuresOf,
}
