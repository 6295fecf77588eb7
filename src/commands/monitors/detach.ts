import * as Args from '@oclif/core/args'
import { BaseCommand } from '../../lib/cli/base-command.js'
import { completing } from '../../lib/cli/topic.js'
import { flagsFrom } from '../../lib/cli/option-flags.js'
import { detachOptions } from '../../lib/services/monitors/attach-options.js'
import { detachedView } from '../../lib/services/monitors/face/target-views.js'

export default class MonitorsDetach extends BaseCommand<typeof MonitorsDetach> {
  static override summary = 'Stop scraping a server or an instance; stored metrics stay.'
  static override examples = [
    '<%= config.bin %> monitors detach dcgm',
    '<%= config.bin %> monitors detach vllm --monitors monitors',
  ]
  static override args = {
    name: Args.string({
      ...completing('any-instance'),
      required: true,
      description: 'name of the target, as monitors check shows it',
    }),
  }
  static override nameFlag = '--monitors'
  static override flags = flagsFrom(detachOptions)

  async run(): Promise<void> {
    const { detach } = await import('../../lib/services/monitors/attach.js')
    const report = await detach(await this.context(), this.args.name, this.values(detachOptions))
    return this.show(report, { text: detachedView, quiet: ({ name }) => name })
  }
}
