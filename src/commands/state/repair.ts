import { benchmarkKind } from '../../lib/app/catalog.js'
import { BaseCommand } from '../../lib/cli/base-command.js'
import { repairView } from '../../lib/app/repair-view.js'

export default class StateRepair extends BaseCommand<typeof StateRepair> {
  static override summary = 'Rebuild the state file from the run directories, and keep the old one.'
  static override examples = [
    '<%= config.bin %> state repair',
    '<%= config.bin %> state repair --json',
  ]

  async run(): Promise<void> {
    const { settleRuns } = await import('../../lib/benchmarks/settle-runs.js')
    const context = await this.context()
    const report = await context.state.repair()
    await settleRuns(context, benchmarkKind)
    return this.show(report, { text: repairView, quiet: ({ path }) => path })
  }
}
