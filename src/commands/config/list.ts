import { BaseCommand } from '../../lib/cli/base-command.js'
import { settingsView } from '../../lib/app/settings-view.js'

export default class ConfigList extends BaseCommand<typeof ConfigList> {
  static override summary = 'List the settings, their values and meanings.'
  static override examples = [
    '<%= config.bin %> config list',
    '<%= config.bin %> config list --json',
  ]

  async run(): Promise<void> {
    const { describeSetting, knownSettings } = await import('../../lib/app/settings.js')
    const { settings } = await this.context()
    const report = [...(await knownSettings()).values()].map((setting) =>
      describeSetting(setting, settings.get(setting.name)),
    )
    const quiet = (all: typeof report) =>
      all.flatMap(({ name, value }) => (value === null ? [] : `${name}=${value}`)).join('\n')
    return this.show(report, { text: settingsView, quiet })
  }
}
