import { resultView } from '../../lib/benchmarks/face/result-view.js'
import { BaseCommand } from '../../lib/cli/base-command.js'
import { nameArg } from '../../lib/jobs/face/name-arg.js'
import { vectorBenchOptions } from '../../lib/benchmarks/vectors/options.js'
import { flagsFrom } from '../../lib/cli/option-flags.js'
import { vectorFace } from '../../lib/benchmarks/vectors/face/face.js'

export default class ToydbBench extends BaseCommand<typeof ToydbBench> {
  static override summary = 'Benchmark a toy database.'
  static override examples = [
    '<%= config.bin %> toydb bench',
    "<%= config.bin %> toydb bench --concurrency 1,8 --duration 5s --slo 'query_p99<20ms'",
    '<%= config.bin %> toydb bench --rate 500 --json',
  ]
  static override args = { name: nameArg('Toy database') }
  static override flags = flagsFrom(vectorBenchOptions, 'toydb')

  async run(): Promise<void> {
    const { bench } = await import('../../lib/benchmarks/bench.js')
    const { vectors } = await import('../../lib/benchmarks/vectors/kind.js')
    const given = this.given(vectorBenchOptions)
    const work = bench(await this.context(), vectors, {
      service: 'toydb',
      name: this.args.name,
      ...{ ...given, foreign: given, asked: given },
    })
    return this.showOrThrow(work, resultView(vectorFace, 'toydb'))
  }
}
