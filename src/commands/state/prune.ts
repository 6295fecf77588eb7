import * as Flags from '@oclif/core/flags'
import { BaseCommand } from '../../lib/cli/base-command.js'
import { timeFrom } from '../../lib/jobs/face/flags.js'
import { pruneView } from '../../lib/jobs/face/prune-view.js'

export default class StatePrune extends BaseCommand<typeof StatePrune> {
  static override summary = 'Forget instances that ended long ago.'
  static override examples = [
    '<%= config.bin %> state prune --dry-run',
    '<%= config.bin %> state prune --older-than 90d --with-run-directories',
  ]
  static override flags = {
    'older-than': Flags.string({
      summary: 'Forget those that ended longer ago than TIME.',
      default: '30d',
      helpValue: 'TIME',
    }),
    keep: Flags.integer({
      summary: 'Keep the newest N that ended, whatever their age.',
      default: 0,
      min: 0,
      helpValue: 'N',
    }),
    'with-run-directories': Flags.boolean({
      summary: 'Also remove their run directories: logs, results and all.',
    }),
    'dry-run': Flags.boolean({ summary: 'Only show what would be removed.' }),
  }

  async run(): Promise<void> {
    const { pruneInstances } = await import('../../lib/jobs/prune.js')
    const report = await pruneInstances(await this.context(), {
      olderThanMs: timeFrom(this.flags['older-than'], 'older-than'),
      keep: this.flags.keep,
      withRunDirectories: this.flags['with-run-directories'],
      dryRun: this.flags['dry-run'],
    })
    return this.show(report, {
      text: pruneView,
      quiet: ({ removed }) => removed.map(({ id }) => id).join('\n'),
    })
  }
}
