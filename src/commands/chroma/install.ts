import * as Flags from '@oclif/core/flags'
import { BaseCommand } from '../../lib/cli/base-command.js'
import { installView } from '../../lib/report/small-views.js'

export default class ChromaInstall extends BaseCommand<typeof ChromaInstall> {
  static override summary =
    'Install the native Chroma server: pinned, checked, without root (Python 3.9 with pip is needed).'
  static override examples = [
    '<%= config.bin %> chroma install',
    '<%= config.bin %> chroma install --json',
  ]
  static override flags = {
    dir: Flags.string({ summary: 'Where to; by default our data directory.', env: 'AIBENCH_DIR' }),
  }

  async run(): Promise<void> {
    const { installChroma } = await import('../../lib/services/chroma/install.js')
    const report = await installChroma(await this.context(), { dir: this.flags.dir })
    return this.show(report, { text: installView, quiet: ({ command }) => command })
  }
}
