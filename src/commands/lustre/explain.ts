import * as Args from '@oclif/core/args'
import { explainLine, explainView } from '../../lib/benchmarks/filesystem/face/explain-view.js'
import { explainOptions } from '../../lib/benchmarks/filesystem/explain-options.js'
import { BaseCommand } from '../../lib/cli/base-command.js'
import { flagsFrom } from '../../lib/cli/option-flags.js'
import { completing } from '../../lib/cli/topic.js'

export default class LustreExplain extends BaseCommand<typeof LustreExplain> {
  static override summary =
    'Explain a result of IO500, IOR or mdtest: whether it is valid, why not, and what limits it.'
  static override description =
    'Of any result and any release: a result directory or its .tgz or .zip, result.txt, result_summary.txt, what was printed, IOR’s JSON and CSV, or a run of aibench.'
  static override examples = [
    '<%= config.bin %> lustre explain results/2026.11.23-14.40.01',
    '<%= config.bin %> lustre explain io500-node1-2026.11.23.tgz ior.json',
    '<%= config.bin %> lustre explain RUN --strict --json',
  ]
  static override args = {
    path: Args.string({
      ...completing('run'),
      required: true,
      multiple: true,
      description:
        'files, directories, or ids and names of runs; several are explained one after another',
    }),
  }
  static override flags = flagsFrom(explainOptions)

  async run(): Promise<void> {
    const { explain } = await import('../../lib/benchmarks/filesystem/explain.js')
    const report = explain({
      paths: this.args.path,
      strict: this.values(explainOptions).strict,
      context: () => this.context(),
      note: (text) => this.output.warn(text),
    })
    await this.showOrThrow(report, { text: explainView, quiet: explainLine })
  }
}
