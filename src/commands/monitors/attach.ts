import * as Args from '@oclif/core/args'
import { BaseCommand } from '../../lib/cli/base-command.js'
import { completing } from '../../lib/cli/topic.js'
import { flagsFrom } from '../../lib/cli/option-flags.js'
import { attachOptions } from '../../lib/services/monitors/attach-options.js'
import { attachedView } from '../../lib/services/monitors/face/target-views.js'

export default class MonitorsAttach extends BaseCommand<typeof MonitorsAttach> {
  static override summary =
    'Scrape a server that aibench did not start, or an instance that was detached.'
  static override examples = [
    '<%= config.bin %> monitors attach http://mel0112:9400 --as dcgm --label rack=7',
    '<%= config.bin %> monitors attach http://10.1.2.3:8080 --path /stats/metrics --token-file my.token',
  ]
  static override args = {
    what: Args.string({
      ...completing('any-instance'),
      required: true,
      description: 'a URL, or the name of an instance',
    }),
  }
  static override nameFlag = '--monitors'
  static override flags = flagsFrom(attachOptions)

  async run(): Promise<void> {
    const { attach } = await import('../../lib/services/monitors/attach.js')
    const report = await attach(await this.context(), this.args.what, this.values(attachOptions))
    return this.show(report, { text: attachedView, quiet: ({ name }) => name })
  }
}
