import * as Args from '@oclif/core/args'
import { BaseCommand } from '../../lib/cli/base-command.js'
import { completing } from '../../lib/cli/topic.js'

export default class ConfigUnset extends BaseCommand<typeof ConfigUnset> {
  static override summary = 'Remove a setting.'
  static override examples = [
    '<%= config.bin %> config unset slurm.account',
    '<%= config.bin %> config unset scheduler --json',
  ]
  static override args = {
    name: Args.string({
      ...completing('setting'),
      required: true,
      description: 'name of the setting',
    }),
  }

  async run(): Promise<void> {
    const { changeSetting } = await import('../../lib/app/settings.js')
    const report = await changeSetting(await this.context(), this.args.name, undefined)
    return this.show(report, {
      text: ({ name }) => `${name} unset`,
      quiet: ({ name }) => name,
    })
  }
}
