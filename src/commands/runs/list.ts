import { BaseCommand } from '../../lib/cli/base-command.js'
import { benchmarkKind } from '../../lib/app/catalog.js'
import { runsView } from '../../lib/benchmarks/face/runs-view.js'

export default class RunsList extends BaseCommand<typeof RunsList> {
  static override summary = 'List the benchmark runs, newest first.'
  static override examples = ['<%= config.bin %> runs list', '<%= config.bin %> runs list --json']

  async run(): Promise<void> {
    const { benchCommands, listRuns } = await import('../../lib/benchmarks/runs.js')
    const context = await this.context()
    const runs = await listRuns(context, benchmarkKind)
    return this.show(runs, {
      text: (all, style) => runsView(all, style, benchCommands(context)),
      quiet: (all) => all.map(({ id }) => id).join('\n'),
    })
  }
}
