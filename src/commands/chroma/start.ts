import * as Flags from '@oclif/core/flags'
import { CHROMA, startCommand } from '../../lib/cli/instance-commands.js'

const server = { helpGroup: 'SERVER' } as const

export default startCommand(CHROMA, {
  examples: ['start --wait', 'start --profile tuned --partition cpu --time 2h --dry-run'],
  flags: {
    profile: Flags.string({
      ...server,
      summary: 'tuned keeps collections’ metadata in memory, and says so in every result.',
      options: ['default', 'tuned'],
      default: 'default',
      env: 'AIBENCH_PROFILE',
    }),
    'persist-dir': Flags.string({
      ...server,
      summary: 'Folder of the database; by default in the run directory.',
      env: 'AIBENCH_PERSIST_DIR',
    }),
    image: Flags.string({
      ...server,
      summary: 'Apptainer image to run in; by default the native server.',
      env: 'AIBENCH_IMAGE',
    }),
  },
  optionsFrom: (flags) => ({
    profile: flags.profile,
    persistDir: flags['persist-dir'] ?? null,
    image: flags.image ?? null,
  }),
})
