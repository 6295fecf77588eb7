import { BaseCommand } from '../../lib/cli/base-command.js'
import { flagsFrom } from '../../lib/cli/option-flags.js'
import { pruneOptions } from '../../lib/jobs/options.js'
import { pruneView } from '../../lib/jobs/face/prune-view.js'

export default class StatePrune extends BaseCommand<typeof StatePrune> {
  static override summary = 'Forget instances that ended long ago.'
  static override examples = [
    '<%= config.bin %> state prune --dry-run',
    '<%= config.bin %> state prune --older-than 90d --with-run-directories',
  ]
  static override flags = flagsFrom(pruneOptions)

  async run(): Promise<void> {
    const { pruneInstances } = await import('../../lib/jobs/prune.js')
    const report = await pruneInstances(await this.context(), this.values(pruneOptions))
    return this.show(report, {
      text: pruneView,
      quiet: ({ removed }) => removed.map(({ id }) => id).join('\n'),
    })
  }
}
