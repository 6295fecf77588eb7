import * as Args from '@oclif/core/args'
import { BaseCommand } from '../../lib/cli/base-command.js'
import { runView } from '../../lib/report/small-views.js'

export default class RunsShow extends BaseCommand<typeof RunsShow> {
  static override summary = 'Show the result of a run again.'
  static override examples = [
    '<%= config.bin %> runs show RUN',
    '<%= config.bin %> runs show RUN --json',
  ]
  static override args = { run: Args.string({ required: true, description: 'id of the run' }) }

  async run(): Promise<void> {
    const { showRun } = await import('../../lib/services/runs.js')
    const run = await showRun(await this.context(), this.args.run)
    return this.show(run, { text: runView, quiet: ({ dir }) => dir })
  }
}
