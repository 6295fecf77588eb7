import * as Flags from '@oclif/core/flags'
import { CHROMA, startCommand } from '../../lib/jobs/face/instance-commands.js'

const server = { helpGroup: 'SERVER' } as const

export default startCommand(CHROMA, {
  examples: ['start --wait', 'start --profile tuned --partition cpu --time 2h --dry-run'],
  flags: {
    profile: Flags.string({
      ...server,
      summary:
        'Set the server up: tuned keeps the metadata of collections in memory; results say so.',
      options: ['default', 'tuned'],
      default: 'default',
      env: 'AIBENCH_PROFILE',
    }),
    'persist-dir': Flags.string({
      ...server,
      summary: 'Keep the database in this directory. Default: in the run directory.',
      env: 'AIBENCH_PERSIST_DIR',
    }),
    image: Flags.string({
      ...server,
      summary: 'Run Chroma from this Apptainer image. Default: the native server.',
      env: 'AIBENCH_IMAGE',
    }),
    open: Flags.boolean({
      ...server,
      summary:
        'Let every user of the node connect. Default: on a node that may be shared, a token gate guards the server.',
    }),
  },
  optionsFrom: (flags) => ({
    open: flags.open,
    profile: flags.profile,
    persistDir: flags['persist-dir'] ?? null,
    image: flags.image ?? null,
  }),
})
