import { alike } from '../../options/set.js'
import { duration, path, text, toggle } from '../../options/types.js'

export const viewOptions = alike(
  { env: null },
  {
    range: duration({
      summary: 'Show the last TIME. Default 15m; of a saved archive, all of it.',
      min: 1000,
    }),
    monitors: text({
      helpValue: 'NAME',
      summary: 'Use these monitors. Default: the only ones running.',
    }),
    output: path({ char: 'o', summary: 'Write to FILE.html, or into this folder.' }),
    force: toggle({ summary: 'Replace the file if it exists.' }),
  },
)
