import * as Flags from '@oclif/core/flags'
import { BaseCommand } from '../lib/cli/base-command.js'
import { watch } from '../lib/cli/watch.js'
import { statusLines, statusView } from '../lib/jobs/face/status-view.js'

export default class Status extends BaseCommand<typeof Status> {
  static override summary = 'Show the running instances and the last few that ended.'
  static override examples = [
    '<%= config.bin %> status',
    '<%= config.bin %> status --all',
    '<%= config.bin %> status --json',
  ]
  static override flags = {
    all: Flags.boolean({
      char: 'a',
      summary: 'Also list every instance that has ended, not only the last few.',
    }),
    watch: Flags.boolean({
      char: 'w',
      summary: 'Refresh every 15 s, until Ctrl-C.',
    }),
  }

  async run(): Promise<void> {
    const { listInstances } = await import('../lib/jobs/status.js')
    const { firstStarts } = await import('../lib/jobs/start-again.js')
    const context = await this.context()
    const show = async () =>
      this.show(await listInstances(context, { all: this.flags.all || this.flags.json }), {
        text: (report, style) => statusView(report, style, firstStarts(context)),
        quiet: statusLines,
      })
    return this.flags.watch && !this.flags.json
      ? this.untilLeft(() => watch(show, context.clock, this.interruption))
      : show()
  }
}
