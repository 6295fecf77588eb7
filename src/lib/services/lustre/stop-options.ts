import { alike } from '../../options/set.js'
import { toggle } from '../../options/types.js'

/** Of `lustre stop`, beside those of every stop. */
export const cleanOptions = alike(
  { env: null },
  {
    clean: toggle({
      summary: 'Then remove the test files that it left; on Slurm by a job on as many nodes.',
    }),
  },
)
