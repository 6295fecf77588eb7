import { BaseCommand } from '../../lib/cli/base-command.js'
import { flagsFrom } from '../../lib/cli/option-flags.js'
import { installView } from '../../lib/services/chroma/face/install-view.js'
import { installOptions } from '../../lib/services/chroma/options.js'

export default class ChromaInstall extends BaseCommand<typeof ChromaInstall> {
  static override summary =
    'Install the native Chroma server: pinned, verified, without root (needs Python 3.9 with pip).'
  static override examples = [
    '<%= config.bin %> chroma install',
    '<%= config.bin %> chroma install --json',
  ]
  static override flags = flagsFrom(installOptions)

  async run(): Promise<void> {
    const { installChroma } = await import('../../lib/services/chroma/install.js')
    const report = await installChroma(await this.context(), this.given(installOptions))
    return this.show(report, { text: installView, quiet: ({ command }) => command })
  }
}
