import type { FilesystemResult } from '../../../instrument/filesystem/result.js'
import type { BenchmarkFace } from '../../face/face.js'
import { resultLine, resultView } from './view.js'

export const filesystemFace: BenchmarkFace<FilesystemResult> = {
  view: resultView,
  line: resultLine,
  formats: {},
}
