import { alike } from '../../options/set.js'
import { toggle } from '../../options/types.js'

export const submissionOptions = alike(
  { env: null },
  {
    submission: toggle({
      summary:
        'Make the bundle for an IO500 submission: the results as io500.sh packs them, job script and output, system information, and a checklist of the rules; -o names the file.',
    }),
  },
)
