import { estimateLine, estimateView } from '../../lib/benchmarks/filesystem/face/estimate-view.js'
import { estimateOptions } from '../../lib/benchmarks/filesystem/options.js'
import { BaseCommand } from '../../lib/cli/base-command.js'
import { flagsFrom } from '../../lib/cli/option-flags.js'
import { resourceOptions } from '../../lib/jobs/options.js'
import { directoryOptions, io500Options, launchOptions } from '../../lib/services/lustre/options.js'

const { nodes, tasksPerNode, partition, qos } = resourceOptions
const { ini, preset } = io500Options
const { procs, repeats } = launchOptions
const options = {
  ...directoryOptions,
  ...{ ini, preset, procs, repeats, nodes, tasksPerNode, partition, qos },
  ...estimateOptions,
}

export default class LustreEstimate extends BaseCommand<typeof LustreEstimate> {
  static override summary =
    'Estimate what an IO500 run writes, how long it takes, what it costs, and whether it fits.'
  static override examples = [
    '<%= config.bin %> lustre estimate --dir DIR',
    '<%= config.bin %> lustre estimate --nodes 10 --tasks-per-node 16 --preset full --time 2h',
  ]
  static override flags = flagsFrom(options, 'lustre')

  async run(): Promise<void> {
    const { estimateRun, requestFrom } = await import('../../lib/benchmarks/filesystem/estimate.js')
    const context = await this.context()
    const request = requestFrom(context, options, this.given(options))
    return this.show(await estimateRun(context, request), {
      text: estimateView,
      quiet: estimateLine,
    })
  }
}
