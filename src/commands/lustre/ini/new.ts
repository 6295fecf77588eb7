import * as Args from '@oclif/core/args'
import { BaseCommand } from '../../../lib/cli/base-command.js'
import { flagsFrom } from '../../../lib/cli/option-flags.js'
import { completing } from '../../../lib/cli/topic.js'
import { iniNewView } from '../../../lib/services/lustre/face/ini-views.js'
import { iniNewOptions, optionNames } from '../../../lib/services/lustre/ini-options.js'

export default class LustreIniNew extends BaseCommand<typeof LustreIniNew> {
  static override summary = 'Write an ini file for one purpose, with the options that io500 has.'
  static override examples = [
    '<%= config.bin %> lustre ini new',
    '<%= config.bin %> lustre ini new --preset submission -o full.ini ior-easy.transferSize=16m',
    '<%= config.bin %> lustre ini new --preset debug --for isc24 --json',
  ]
  static override args = {
    'section.option=value': Args.string({
      ...completing(optionNames().map((name) => `${name}=`)),
      description: 'values of your own, as many as you like',
    }),
  }
  static override strict = false
  static override flags = flagsFrom(iniNewOptions, 'lustre')

  async run(): Promise<void> {
    const { makeIniFile } = await import('../../../lib/services/lustre/ini.js')
    const { preset, output, force, ...program } = this.values(iniNewOptions)
    const report = await makeIniFile(await this.context(), {
      ...{ preset, output, force, program },
      words: this.words,
    })
    return this.show(report, { text: iniNewView, quiet: ({ file }) => file })
  }
}
