import * as Args from '@oclif/core/args'
import { benchmarkKind } from '../../lib/app/catalog.js'
import { compareLine, compareView } from '../../lib/benchmarks/filesystem/face/compare-view.js'
import { compareOptions } from '../../lib/benchmarks/filesystem/options.js'
import { BaseCommand } from '../../lib/cli/base-command.js'
import { flagsFrom } from '../../lib/cli/option-flags.js'
import { completing } from '../../lib/cli/topic.js'

export default class LustreCompare extends BaseCommand<typeof LustreCompare> {
  static override summary =
    'Show results of IO500, IOR or mdtest side by side, and where they stand among the public ones.'
  static override examples = [
    '<%= config.bin %> lustre compare RUN',
    '<%= config.bin %> lustre compare RUN results/2026.11.27-10.00.00 other.tgz --list 10-node',
  ]
  static override args = {
    result: Args.string({
      ...completing('run'),
      required: true,
      multiple: true,
      description: 'directories, archives or files with results, or ids of runs',
    }),
  }
  static override flags = flagsFrom(compareOptions)

  async run(): Promise<void> {
    const { compareResults } = await import('../../lib/benchmarks/filesystem/compare.js')
    const { list } = this.values(compareOptions)
    const comparison = await compareResults(await this.context(), benchmarkKind, {
      named: this.args.result,
      list,
    })
    return this.show(comparison, { text: compareView, quiet: compareLine })
  }
}
