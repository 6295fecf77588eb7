import { BaseCommand } from '../../lib/cli/base-command.js'
import { benchmarkKind } from '../../lib/app/catalog.js'
import { runsView } from '../../lib/benchmarks/face/runs-view.js'

export default class RunsList extends BaseCommand<typeof RunsList> {
  static override summary = 'List the benchmark runs, newest first.'
  static override examples = ['<%= config.bin %> runs list', '<%= config.bin %> runs list --json']

  async run(): Promise<void> {
    const { listRuns } = await import('../../lib/benchmarks/runs.js')
    const runs = await listRuns(await this.context(), benchmarkKind)
    return this.show(runs, { text: runsView, quiet: (all) => all.map(({ id }) => id).join('\n') })
  }
}
