import { resultView } from '../../lib/benchmarks/face/result-view.js'
import { BaseCommand } from '../../lib/cli/base-command.js'
import { nameArg } from '../../lib/jobs/face/name-arg.js'
import { vectorBenchOptions } from '../../lib/benchmarks/vectors/options.js'
import { flagsFrom } from '../../lib/cli/option-flags.js'
import { vectorFace } from '../../lib/benchmarks/vectors/face/face.js'

export default class ChromaBench extends BaseCommand<typeof ChromaBench> {
  static override summary =
    'Benchmark a Chroma server: ingestion, sequential and concurrent queries, recall.'
  static override examples = [
    '<%= config.bin %> chroma bench',
    "<%= config.bin %> chroma bench --concurrency 1,8 --duration 5s --slo 'query_p99<20ms'",
    '<%= config.bin %> chroma bench --rate 500 --json',
  ]
  static override args = { name: nameArg('Chroma') }
  static override flags = flagsFrom(vectorBenchOptions, 'chroma')

  async run(): Promise<void> {
    const { bench } = await import('../../lib/benchmarks/bench.js')
    const { vectors } = await import('../../lib/benchmarks/vectors/kind.js')
    const given = this.given(vectorBenchOptions)
    const work = bench(await this.context(), vectors, {
      service: 'chroma',
      name: this.args.name,
      ...{ ...given, foreign: given, asked: given },
    })
    return this.showOrThrow(work, resultView(vectorFace, 'chroma'))
  }
}
