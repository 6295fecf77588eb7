import * as Args from '@oclif/core/args'
import { BaseCommand } from '../lib/cli/base-command.js'
import { flagsFrom } from '../lib/cli/option-flags.js'
import { untilOptions } from '../lib/jobs/options.js'
import { instanceView } from '../lib/jobs/face/instance-view.js'

export default class Wait extends BaseCommand<typeof Wait> {
  static override summary = 'Wait until an instance is ready or has ended, for job chains.'
  static override examples = [
    '<%= config.bin %> wait chroma --for ready --timeout 10m',
    '<%= config.bin %> wait chroma --for ended --timeout 1h --quiet',
  ]
  static override args = {
    name: Args.string({ required: true, description: 'name or id of the instance' }),
  }
  static override flags = flagsFrom(untilOptions)

  async run(): Promise<void> {
    const { waitFor } = await import('../lib/jobs/check.js')
    const report = await waitFor(await this.context(), {
      name: this.args.name,
      ...this.values(untilOptions),
    })
    return this.show(report, { text: instanceView, quiet: ({ name }) => name })
  }
}
