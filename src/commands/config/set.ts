import * as Args from '@oclif/core/args'
import { BaseCommand } from '../../lib/cli/base-command.js'
import { completing } from '../../lib/cli/topic.js'

export default class ConfigSet extends BaseCommand<typeof ConfigSet> {
  static override summary = 'Change a setting.'
  static override examples = [
    '<%= config.bin %> config set slurm.account p200000',
    '<%= config.bin %> config set slurm.time 2h --json',
  ]
  static override args = {
    name: Args.string({
      ...completing('setting'),
      required: true,
      description: 'name of the setting',
    }),
    value: Args.string({
      ...completing('setting-value'),
      required: true,
      description: 'its value',
    }),
  }

  async run(): Promise<void> {
    const { changeSetting } = await import('../../lib/app/settings.js')
    const report = await changeSetting(await this.context(), this.args.name, this.args.value)
    return this.show(report, {
      text: ({ name, value }) => `${name} = ${value}`,
      quiet: ({ value }) => value ?? '',
    })
  }
}
