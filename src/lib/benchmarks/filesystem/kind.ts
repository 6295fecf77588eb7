import {
  FilesystemResultSchema,
  type FilesystemResult,
} from '../../instrument/filesystem/result.js'
import { figuresOf, summaryLine } from '../../instrument/filesystem/summary.js'
import type { ResultKind } from '../kind.js'

/** A file system: IO500, or IOR or mdtest alone. The job is the benchmark; what it left is read and judged by `instrument/filesystem/`. */
export const filesystem: ResultKind<FilesystemResult> = {
  kind: 'filesystem',
  result: FilesystemResultSchema,
  anyResult: FilesystemResultSchema,
  summary: summaryLine,
  figures: figuresOf,
}
