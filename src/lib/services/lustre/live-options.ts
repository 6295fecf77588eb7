import { alike } from '../../options/set.js'
import { toggle } from '../../options/types.js'

/** Of `lustre logs`, beside those of every log. */
export const liveOptions = alike(
  { env: null },
  {
    events: toggle({
      summary: 'Print what happens as JSON lines until the run ends, then the result.',
    }),
    text: toggle({ summary: 'With -f, follow the job’s log instead of showing how the run goes.' }),
  },
)
