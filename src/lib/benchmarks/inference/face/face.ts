import type { InferenceResult } from '../../../instrument/inference/result.js'
import type { BenchmarkFace } from '../../face/face.js'
import { toCsv, toVllmJson } from './formats.js'
import { inferenceLine, inferenceView } from './view.js'

export const inferenceFace: BenchmarkFace<InferenceResult> = {
  view: inferenceView,
  line: inferenceLine,
  formats: {
    vllm: { text: (result) => JSON.stringify(toVllmJson(result), null, 2) + '\n' },
    csv: { text: toCsv },
  },
}
