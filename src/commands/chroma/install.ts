import * as Flags from '@oclif/core/flags'
import { BaseCommand } from '../../lib/cli/base-command.js'
import { installView } from '../../lib/app/small-views.js'

export default class ChromaInstall extends BaseCommand<typeof ChromaInstall> {
  static override summary =
    'Install the native Chroma server: pinned, verified, without root (needs Python 3.9 with pip).'
  static override examples = [
    '<%= config.bin %> chroma install',
    '<%= config.bin %> chroma install --json',
  ]
  static override flags = {
    dir: Flags.string({
      summary: 'Install into this directory. Default: aibench’s data directory.',
    }),
  }

  async run(): Promise<void> {
    const { installChroma } = await import('../../lib/services/chroma/install.js')
    const report = await installChroma(await this.context(), { dir: this.flags.dir })
    return this.show(report, { text: installView, quiet: ({ command }) => command })
  }
}
