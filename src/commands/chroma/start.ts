import * as Flags from '@oclif/core/flags'
import { BaseCommand } from '../../lib/cli/base-command.js'
import { resourcesFrom, schedulerFlags, timeFrom, waitFlags } from '../../lib/cli/flags.js'
import { dryRunView, startView } from '../../lib/report/instance-view.js'

export default class ChromaStart extends BaseCommand<typeof ChromaStart> {
  static override summary = 'Start a Chroma server, as a Slurm job or on this machine.'
  static override examples = [
    '<%= config.bin %> chroma start --wait',
    '<%= config.bin %> chroma start --profile tuned --partition cpu --time 2h --dry-run',
  ]
  static override flags = {
    name: Flags.string({
      summary: 'What to call it.',
      default: 'chroma',
      env: 'AIBENCH_NAME',
      helpGroup: 'SERVER',
    }),
    profile: Flags.string({
      summary: 'tuned keeps collections’ metadata in memory, and says so in every result.',
      options: ['default', 'tuned'],
      default: 'default',
      env: 'AIBENCH_PROFILE',
      helpGroup: 'SERVER',
    }),
    'persist-dir': Flags.string({
      summary: 'Folder of the database; by default in the run directory.',
      env: 'AIBENCH_PERSIST_DIR',
      helpGroup: 'SERVER',
    }),
    image: Flags.string({
      summary: 'Apptainer image to run in; by default the native server.',
      env: 'AIBENCH_IMAGE',
      helpGroup: 'SERVER',
    }),
    'dry-run': Flags.boolean({
      summary: 'Show what would be submitted.',
      env: 'AIBENCH_DRY_RUN',
      helpGroup: 'SERVER',
    }),
    ...waitFlags('30m'),
    ...schedulerFlags,
  }

  async run(): Promise<void> {
    const { startInstance, planStart } = await import('../../lib/services/lifecycle/start.js')
    const { flags } = this
    const request = {
      service: 'chroma',
      name: flags.name,
      options: {
        profile: flags.profile,
        persistDir: flags['persist-dir'] ?? null,
        image: flags.image ?? null,
      },
      ...resourcesFrom(flags),
      wait: flags.wait,
      timeoutMs: timeFrom(flags.timeout, 'timeout'),
    }
    const context = await this.context()
    if (flags['dry-run'])
      return this.show(await planStart(context, request), {
        text: dryRunView,
        quiet: ({ argv }) => argv.join(' '),
      })
    return this.show(await startInstance(context, request), {
      text: startView,
      quiet: ({ instance }) => instance.name,
    })
  }
}
