import * as Args from '@oclif/core/args'
import { BaseCommand } from '../../lib/cli/base-command.js'
import { flagsFrom } from '../../lib/cli/option-flags.js'
import { completing } from '../../lib/cli/topic.js'
import { viewView } from '../../lib/services/monitors/face/view-view.js'
import { viewOptions } from '../../lib/services/monitors/view-options.js'

export default class MonitorsView extends BaseCommand<typeof MonitorsView> {
  static override summary =
    'Draw the dashboards of a run, or of the last minutes, as one HTML file.'
  static override description =
    'For sites without Grafana: the file needs no network, and can be kept, sent and printed.'
  static override examples = [
    '<%= config.bin %> monitors view RUN',
    '<%= config.bin %> monitors view --range 30m -o today.html',
  ]
  static override args = {
    run: Args.string({
      ...completing('run'),
      description: 'id of the run; without it, the last minutes of everything',
    }),
  }
  static override nameFlag = '--monitors'
  static override flags = flagsFrom(viewOptions)

  async run(): Promise<void> {
    const { viewFigures } = await import('../../lib/services/monitors/view.js')
    const { range, monitors, output, force = false } = this.given(viewOptions)
    const request = { run: this.args.run, rangeMs: range, monitors, output, force }
    const report = await viewFigures(await this.context(), request)
    return this.show(report, { text: viewView, quiet: ({ path }) => path })
  }
}
