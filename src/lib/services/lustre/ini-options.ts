import { PRESETS } from '../../instrument/filesystem/ini/presets.js'
export { optionNames } from '../../instrument/filesystem/ini/releases.js'
import { alike } from '../../options/set.js'
import { choice, path, toggle } from '../../options/types.js'

/** Of `lustre ini`: the io500 whose options count. */
const forOptions = alike(
  { env: null },
  {
    io500: path({
      flag: 'for',
      helpValue: 'BINARY',
      summary:
        'Use the options of this io500, or of a release such as isc24. Default: lustre.io500, the io500 on PATH, or the newest release.',
    }),
    image: path({
      helpValue: 'FILE.sif',
      summary: 'Use the options of the io500 in this Apptainer image.',
    }),
  },
)

export const iniCheckOptions = {
  ...forOptions,
  ...alike(
    { env: null },
    { strict: toggle({ summary: 'Fail too for what makes every result invalid.' }) },
  ),
}

export const iniShowOptions = {
  ...forOptions,
  ...alike({ env: null }, { all: toggle({ summary: 'Show all options that there are.' }) }),
}

export const iniNewOptions = {
  ...alike(
    { env: null },
    {
      preset: choice(PRESETS, {
        summary:
          'Make it for this purpose. debug: seconds; quick: 30 s a phase; full: 300 s, by the rules; scc: Student Cluster Competition; submission: with what may be tuned.',
        default: 'quick',
      }),
      output: path({
        char: 'o',
        helpValue: 'FILE',
        summary: 'Write it there.',
        default: 'config.ini',
      }),
      force: toggle({ summary: 'Write over a file that is there.' }),
    },
  ),
  ...forOptions,
}
