import { BaseCommand } from '../../lib/cli/base-command.js'
import { nameArg } from '../../lib/jobs/face/name-arg.js'
import { inferenceBenchOptions } from '../../lib/benchmarks/inference/options.js'
import { flagsFrom } from '../../lib/cli/option-flags.js'
import { copiesFrom, withCopies } from '../../lib/benchmarks/face/save-as.js'
import { resultView } from '../../lib/benchmarks/face/result-view.js'
import { inferenceFace } from '../../lib/benchmarks/inference/face/face.js'
import { selfTestLine, selfTestView } from '../../lib/benchmarks/inference/face/self-test-view.js'

export default class VllmBench extends BaseCommand<typeof VllmBench> {
  static override summary =
    'Benchmark an OpenAI-compatible server: latency, throughput, structured outputs.'
  static override examples = [
    '<%= config.bin %> vllm bench',
    "<%= config.bin %> vllm bench --rate 4 --num-prompts 1000 --slo 'ttft_p99<500ms'",
    '<%= config.bin %> vllm bench --concurrency 32 --dataset json --paired-baseline --json',
    "<%= config.bin %> vllm bench --find-max-rate --slo 'ttft_p99<500ms' --save-as csv:rates.csv",
    '<%= config.bin %> vllm bench --self-test',
  ]
  static notes = [
    'Figures and how they are defined: aibench help metrics. Formats of datasets: docs/datasets.md.',
  ]
  static override args = { name: nameArg('vLLM') }
  static override flags = flagsFrom(inferenceBenchOptions, 'vllm')

  async run(): Promise<void> {
    const given = this.given(inferenceBenchOptions)
    if (given.selfTest) {
      const { selfTest, refuseBesideSelfTest } =
        await import('../../lib/benchmarks/inference/self-test.js')
      refuseBesideSelfTest(this.flags, this.args.name)
      const report = await selfTest(await this.context())
      return this.show(report, { text: selfTestView, quiet: selfTestLine })
    }
    const { bench } = await import('../../lib/benchmarks/bench.js')
    const { inference } = await import('../../lib/benchmarks/inference/kind.js')
    const copies = await copiesFrom(given.saveAs, inferenceFace)
    const work = bench(await this.context(), inference, {
      service: 'vllm',
      name: this.args.name,
      ...{ ...given, foreign: given, asked: given },
      onEvent: given.events ? (event) => this.output.event(event) : undefined,
    })
    return this.showOrThrow(
      withCopies(work, copies, (text) => this.output.say(text)),
      resultView(inferenceFace, 'vllm'),
    )
  }
}
