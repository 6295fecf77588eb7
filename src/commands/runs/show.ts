import * as Args from '@oclif/core/args'
import { BaseCommand } from '../../lib/cli/base-command.js'
import { completing } from '../../lib/cli/topic.js'
import { inferenceBenchFlags } from '../../lib/benchmarks/inference/face/flags.js'
import { copiesFrom, isResult, writeCopies } from '../../lib/benchmarks/face/save-as.js'
import { aibench } from '../../lib/platform/command-line.js'
import { UsageError } from '../../lib/platform/errors.js'
import { runView } from '../../lib/app/small-views.js'

export default class RunsShow extends BaseCommand<typeof RunsShow> {
  static override summary = 'Show the result of a run, or write it in another format.'
  static override examples = [
    '<%= config.bin %> runs show',
    '<%= config.bin %> runs show RUN --json',
    '<%= config.bin %> runs show RUN --save-as vllm:run.json',
  ]
  static override args = {
    run: Args.string({
      ...completing('run'),
      description: 'id of the run; the newest by default',
    }),
  }
  static override flags = { 'save-as': inferenceBenchFlags['save-as'] }

  async run(): Promise<void> {
    const { showRun } = await import('../../lib/benchmarks/runs.js')
    const copies = await copiesFrom(this.flags['save-as'])
    const run = await showRun(await this.context(), this.args.run)
    if (copies.length > 0 && !isResult(run.result))
      throw new UsageError(`--save-as needs a finished run of vllm bench; ${run.id} is not one`, {
        hints: [aibench('runs', 'show', run.id), aibench('runs', 'list')],
      })
    if (isResult(run.result)) await writeCopies(copies, run.result, (text) => this.output.say(text))
    return this.show(run, { text: runView, quiet: ({ dir }) => dir })
  }
}
