import * as Args from '@oclif/core/args'
import { BaseCommand } from '../../lib/cli/base-command.js'
import { completing } from '../../lib/cli/topic.js'

export default class ConfigGet extends BaseCommand<typeof ConfigGet> {
  static override summary = 'Print a setting; prints nothing if it is not set.'
  static override examples = [
    '<%= config.bin %> config get slurm.account',
    '<%= config.bin %> config get scheduler --json',
  ]
  static override args = {
    name: Args.string({
      ...completing('setting'),
      required: true,
      description: 'name of the setting',
    }),
  }

  async run(): Promise<void> {
    const { describeSetting, settingNamed } = await import('../../lib/app/settings.js')
    const setting = await settingNamed(this.args.name)
    const { settings } = await this.context()
    const report = describeSetting(setting, settings.get(setting.name))
    const text = ({ value }: typeof report) => value ?? ''
    return this.show(report, { text, quiet: text })
  }
}
