import * as Flags from '@oclif/core/flags'
import { BaseCommand } from '../../lib/cli/base-command.js'
import { nameArg, timeFrom } from '../../lib/cli/flags.js'
import { stopView } from '../../lib/report/instance-view.js'

export default class ChromaStop extends BaseCommand<typeof ChromaStop> {
  static override summary = 'Stop a Chroma server: tell it, wait, and kill it at the deadline.'
  static override examples = [
    '<%= config.bin %> chroma stop',
    '<%= config.bin %> chroma stop --timeout 10s --json',
  ]
  static override args = { name: nameArg('Chroma') }
  static override flags = {
    timeout: Flags.string({
      summary: 'How long it may take to end by itself.',
      default: '60s',
      env: 'AIBENCH_TIMEOUT',
    }),
    force: Flags.boolean({ summary: 'Kill it at once.', env: 'AIBENCH_FORCE' }),
  }

  async run(): Promise<void> {
    const { stopInstance } = await import('../../lib/services/lifecycle/stop.js')
    const report = await stopInstance(await this.context(), {
      service: 'chroma',
      name: this.args.name,
      timeoutMs: timeFrom(this.flags.timeout, 'timeout'),
      force: this.flags.force,
    })
    return this.show(report, { text: stopView, quiet: ({ name }) => name })
  }
}
