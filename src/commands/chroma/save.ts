import * as Flags from '@oclif/core/flags'
import { BaseCommand } from '../../lib/cli/base-command.js'
import { nameArg } from '../../lib/cli/flags.js'
import { saveView } from '../../lib/report/small-views.js'

export default class ChromaSave extends BaseCommand<typeof ChromaSave> {
  static override summary =
    'Keep a Chroma server’s logs and results in one zip file, checked by reading it back.'
  static override examples = [
    '<%= config.bin %> chroma save',
    '<%= config.bin %> chroma save -o chroma.zip --json',
  ]
  static override args = { name: nameArg('Chroma') }
  static override flags = {
    output: Flags.string({ char: 'o', summary: 'The zip file.', env: 'AIBENCH_OUTPUT' }),
  }

  async run(): Promise<void> {
    const { saveInstance } = await import('../../lib/services/lifecycle/save.js')
    const report = await saveInstance(await this.context(), {
      service: 'chroma',
      name: this.args.name,
      out: this.flags.output,
    })
    return this.show(report, { text: saveView, quiet: ({ path }) => path })
  }
}
