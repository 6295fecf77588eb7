import * as Args from '@oclif/core/args'
import { BaseCommand } from '../../../lib/cli/base-command.js'
import { flagsFrom } from '../../../lib/cli/option-flags.js'
import { completing } from '../../../lib/cli/topic.js'
import { aibench } from '../../../lib/platform/command-line.js'
import { UsageError } from '../../../lib/platform/errors.js'
import { iniCheckView } from '../../../lib/services/lustre/face/ini-views.js'
import type { IniCheckReport } from '../../../lib/services/lustre/ini.js'
import { iniCheckOptions } from '../../../lib/services/lustre/ini-options.js'

const count = ({ problems }: IniCheckReport): string => {
  const { length } = problems.filter(({ severity }) => severity === 'error')
  return length === 1 ? 'an error' : `${length} errors`
}

export default class LustreIniCheck extends BaseCommand<typeof LustreIniCheck> {
  static override summary =
    'Check an ini file for what io500 would reject or fail on, before a job waits for it.'
  static override examples = [
    '<%= config.bin %> lustre ini check config.ini',
    '<%= config.bin %> lustre ini check config.ini --for isc24 --strict',
    '<%= config.bin %> lustre ini check config.ini --for ~/io500/io500 --json',
  ]
  static override args = {
    file: Args.string({ ...completing('path'), required: true, description: 'the ini file' }),
  }
  static override flags = flagsFrom(iniCheckOptions, 'lustre')

  async run(): Promise<void> {
    const { checkIniFile } = await import('../../../lib/services/lustre/ini.js')
    const { strict, ...program } = this.given(iniCheckOptions)
    const report = await checkIniFile(await this.context(), this.args.file, program)
    const isRight = report.isUsable && (report.canCount || !strict)
    await this.show(report, {
      text: iniCheckView,
      quiet: ({ problems }) => problems.map(({ place, code }) => `${place} ${code}`).join('\n'),
    })
    if (isRight) return
    throw new UsageError(
      report.isUsable
        ? `${report.file}: its results can't count`
        : `${report.file} has ${count(report)} for ${report.release}`,
      { code: 'AIB_INI', hints: [aibench('lustre', 'ini', 'show', report.file)] },
    )
  }
}
