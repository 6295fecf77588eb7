import { BaseCommand } from '../../lib/cli/base-command.js'
import { MONITORS } from '../../lib/services/monitors/words.js'
import { nameArg } from '../../lib/jobs/face/name-arg.js'

export default class MonitorsReload extends BaseCommand<typeof MonitorsReload> {
  static override summary = 'Reload Prometheus’ configuration and report whether it was accepted.'
  static override examples = [
    '<%= config.bin %> monitors reload',
    '<%= config.bin %> monitors reload --json',
  ]
  static override args = { name: nameArg(MONITORS.title) }

  async run(): Promise<void> {
    const { reloadMonitors } = await import('../../lib/services/monitors/query.js')
    const report = await reloadMonitors(await this.context(), this.args.name)
    const text = () => `The Prometheus of ${report.monitors} reloaded its configuration`
    return this.show(report, { text, quiet: ({ monitors }) => monitors })
  }
}
