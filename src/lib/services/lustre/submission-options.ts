import { alike } from '../../options/set.js'
import { toggle } from '../../options/types.js'

export const submissionOptions = alike(
  { env: null },
  {
    submission: toggle({
      summary:
        'Make what is handed in to IO500: the results as io500.sh packs them, job script and output, system information, and the rules that are met and open; -o names the file.',
    }),
  },
)
