import * as Args from '@oclif/core/args'
import * as Flags from '@oclif/core/flags'
import { BaseCommand } from '../lib/cli/base-command.js'
import { timeFrom } from '../lib/jobs/face/flags.js'
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
  static override flags = {
    for: Flags.string({
      options: ['ready', 'ended'],
      default: 'ready',
      summary: 'Wait for this.',
    }),
    timeout: Flags.string({
      summary: 'Stop waiting after TIME.',
      default: '30m',
      env: 'AIBENCH_TIMEOUT',
    }),
  }

  async run(): Promise<void> {
    const { waitFor } = await import('../lib/jobs/check.js')
    const report = await waitFor(await this.context(), {
      name: this.args.name,
      until: this.flags.for as 'ready' | 'ended',
      timeoutMs: timeFrom(this.flags.timeout, 'timeout'),
    })
    return this.show(report, { text: instanceView, quiet: ({ name }) => name })
  }
}
