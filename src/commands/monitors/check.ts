import { BaseCommand } from '../../lib/cli/base-command.js'
import { flagsFrom } from '../../lib/cli/option-flags.js'
import { nameArg } from '../../lib/jobs/face/name-arg.js'
import { waitOptions } from '../../lib/jobs/options.js'
import { checkView } from '../../lib/services/monitors/face/check-view.js'
import { checkOptions } from '../../lib/services/monitors/options.js'
import { MONITORS } from '../../lib/services/monitors/words.js'

const options = { ...waitOptions(MONITORS.checkTimeoutMs), ...checkOptions }

export default class MonitorsCheck extends BaseCommand<typeof MonitorsCheck> {
  static override summary = 'Show what is up, what is scraped, any errors, and how to connect.'
  static override examples = [
    '<%= config.bin %> monitors check',
    '<%= config.bin %> monitors check --dashboards --range 10m',
    '<%= config.bin %> monitors check --dashboards --run RUN',
    '<%= config.bin %> monitors check --wait --timeout 10m --json',
  ]
  static override args = { name: nameArg(MONITORS.title) }
  static override flags = flagsFrom(options)

  async run(): Promise<void> {
    const { checkMonitors } = await import('../../lib/services/monitors/check.js')
    const report = await checkMonitors(await this.context(), {
      name: this.args.name,
      ...this.values(options),
    })
    return this.show(report, { text: checkView, quiet: ({ summary }) => summary })
  }
}
