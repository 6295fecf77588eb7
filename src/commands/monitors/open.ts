import * as Args from '@oclif/core/args'
import { BaseCommand } from '../../lib/cli/base-command.js'
import { flagsFrom } from '../../lib/cli/option-flags.js'
import { openView } from '../../lib/services/monitors/face/open-view.js'
import { openOptions } from '../../lib/services/monitors/open-options.js'
import { MONITORS } from '../../lib/services/monitors/words.js'

export default class MonitorsOpen extends BaseCommand<typeof MonitorsOpen> {
  static override summary =
    'Open saved metrics on this machine, in Prometheus and, if installed, Grafana.'
  static override description =
    'On a copy that is verified first: nothing is added to it, and nothing in it grows too old.'
  static override examples = [
    '<%= config.bin %> monitors open aibench-monitors.zip',
    '<%= config.bin %> monitors open monitors --time 2h',
  ]
  static override args = {
    archive: Args.string({
      required: true,
      description: 'what monitors save wrote, a run directory or its archive, or a name',
    }),
  }
  static override flags = flagsFrom(openOptions, MONITORS.kind)

  async run(): Promise<void> {
    const { openSaved } = await import('../../lib/services/monitors/open.js')
    const { name, prometheus, grafana } = this.given(openOptions)
    const { timeLimitMs, timeoutMs } = this.values(openOptions)
    const report = await openSaved(await this.context(), {
      archive: this.args.archive,
      ...{ name, prometheus, grafana, timeLimitMs, timeoutMs },
    })
    return this.show(report, { text: openView, quiet: ({ instance }) => instance.name })
  }
}
