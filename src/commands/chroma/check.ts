import { BaseCommand } from '../../lib/cli/base-command.js'
import { nameArg, timeFrom, waitFlags } from '../../lib/cli/flags.js'
import { instanceView } from '../../lib/report/instance-view.js'

export default class ChromaCheck extends BaseCommand<typeof ChromaCheck> {
  static override summary =
    'Show whether a Chroma server is ready, where it is, and how long it has left.'
  static override examples = [
    '<%= config.bin %> chroma check',
    '<%= config.bin %> chroma check --wait --timeout 10m --json',
  ]
  static override args = { name: nameArg('Chroma') }
  static override flags = { ...waitFlags('10m') }

  async run(): Promise<void> {
    const { checkInstance } = await import('../../lib/services/lifecycle/check.js')
    const report = await checkInstance(await this.context(), {
      service: 'chroma',
      name: this.args.name,
      wait: this.flags.wait,
      timeoutMs: timeFrom(this.flags.timeout, 'timeout'),
    })
    return this.show(report, { text: instanceView, quiet: ({ summary }) => summary })
  }
}
