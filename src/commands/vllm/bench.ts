import { BaseCommand } from '../../lib/cli/base-command.js'
import { nameArg } from '../../lib/jobs/face/name-arg.js'
import { inferenceBenchFlags } from '../../lib/benchmarks/inference/face/flags.js'
import {
  inferenceBenchFrom,
  refuseBesideSelfTest,
} from '../../lib/benchmarks/inference/face/request-from-flags.js'
import { copiesFrom, withCopies } from '../../lib/benchmarks/face/save-as.js'
import { inferenceLine, inferenceView } from '../../lib/benchmarks/inference/face/view.js'
import { selfTestLine, selfTestView } from '../../lib/services/vllm/face/views.js'

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
  static override flags = inferenceBenchFlags

  async run(): Promise<void> {
    if (this.flags['self-test']) {
      const { selfTest } = await import('../../lib/benchmarks/inference/self-test.js')
      refuseBesideSelfTest(this.flags, this.args.name)
      const report = await selfTest(await this.context())
      return this.show(report, { text: selfTestView, quiet: selfTestLine })
    }
    const { benchVllm } = await import('../../lib/benchmarks/inference/bench.js')
    const copies = await copiesFrom(this.flags['save-as'])
    const request = { name: this.args.name, ...inferenceBenchFrom(this.flags) }
    const onEvent = (event: object) => this.output.event(event)
    const work = benchVllm(
      await this.context(),
      this.flags.events ? { ...request, onEvent } : request,
    )
    return this.showOrThrow(
      withCopies(work, copies, (text) => this.output.say(text)),
      {
        text: (result, style, isFailing) => inferenceView(result, style, isFailing ? null : 'ok'),
        quiet: inferenceLine,
      },
    )
  }
}
