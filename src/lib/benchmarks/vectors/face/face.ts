import type { VectorResult } from '../../../instrument/vectors/result.js'
import type { BenchmarkFace } from '../../face/face.js'
import { benchLine, benchView } from './view.js'

export const vectorFace: BenchmarkFace<VectorResult> = {
  view: benchView,
  line: benchLine,
  formats: {},
}
