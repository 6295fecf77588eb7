import { BaseCommand } from '../lib/cli/base-command.js'
import { flagsFrom } from '../lib/cli/option-flags.js'
import { benchmarkKind } from '../lib/app/catalog.js'
import { watch } from '../lib/cli/watch.js'
import { statusOptions } from '../lib/jobs/options.js'
import { statusLines, statusView } from '../lib/jobs/face/status-view.js'

export default class Status extends BaseCommand<typeof Status> {
  static override summary = 'Show the running instances and the last few that ended.'
  static override examples = [
    '<%= config.bin %> status',
    '<%= config.bin %> status --all',
    '<%= config.bin %> status --json',
  ]
  static override flags = flagsFrom(statusOptions)

  async run(): Promise<void> {
    const { listInstances } = await import('../lib/jobs/status.js')
    const { firstStarts } = await import('../lib/jobs/start-again.js')
    const { settleRuns } = await import('../lib/benchmarks/settle-runs.js')
    const context = await this.context()
    const { all, watch: isWatching } = this.values(statusOptions)
    const request = {
      all: all || this.flags.json,
      settle: () => settleRuns(context, benchmarkKind),
    }
    const show = async () =>
      this.show(await listInstances(context, request), {
        text: (report, style) => statusView(report, style, firstStarts(context)),
        quiet: statusLines,
      })
    return isWatching && !this.flags.json
      ? this.untilLeft(() => watch(show, context.clock, this.interruption))
      : show()
  }
}
