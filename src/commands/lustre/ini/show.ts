import * as Args from '@oclif/core/args'
import { BaseCommand } from '../../../lib/cli/base-command.js'
import { flagsFrom } from '../../../lib/cli/option-flags.js'
import { completing } from '../../../lib/cli/topic.js'
import { iniShowView } from '../../../lib/services/lustre/face/ini-views.js'
import { iniShowOptions } from '../../../lib/services/lustre/ini-options.js'

export default class LustreIniShow extends BaseCommand<typeof LustreIniShow> {
  static override summary = 'Show what an ini file changes from io500’s defaults.'
  static override examples = [
    '<%= config.bin %> lustre ini show config.ini',
    '<%= config.bin %> lustre ini show config.ini --all --json',
  ]
  static override args = {
    file: Args.string({ ...completing('path'), required: true, description: 'the ini file' }),
  }
  static override flags = flagsFrom(iniShowOptions, 'lustre')

  async run(): Promise<void> {
    const { showIniFile } = await import('../../../lib/services/lustre/ini.js')
    const { all = false, ...program } = this.given(iniShowOptions)
    const report = await showIniFile(await this.context(), this.args.file, { ...program, all })
    return this.show(report, {
      text: iniShowView,
      quiet: ({ values }) =>
        values.map(({ section, name, value }) => `${section}.${name}=${value ?? ''}`).join('\n'),
    })
  }
}
