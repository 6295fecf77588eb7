import { sample } from '../../../instrument/filesystem/live/sampler.js'
import { nodeName, type JobContext } from './context.js'

/** The verb `sample RUN_DIR RUN PROGRAM DATA_DIR`: on each node, until it is told to end. The first one counts inodes too. */
export async function sampleNode(
  context: JobContext,
  [runDir, run, program, dataDir]: readonly string[],
): Promise<number> {
  const isFirst = (context.environment.variables.SLURM_PROCID ?? '0') === '0'
  await sample({
    ...{ runDir, run, program, node: nodeName(context) },
    dataDir: isFirst ? dataDir : null,
    signal: context.stop,
  })
  return 0
}
