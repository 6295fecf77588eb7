import * as Args from '@oclif/core/args'
import { benchmarkFace, benchmarkKind } from '../../lib/app/catalog.js'
import { BaseCommand } from '../../lib/cli/base-command.js'
import { completing } from '../../lib/cli/topic.js'
import { copiesFrom, writeCopies } from '../../lib/benchmarks/face/save-as.js'
import { saveAsOption } from '../../lib/benchmarks/options.js'
import { flagsFrom } from '../../lib/cli/option-flags.js'
import { aibench } from '../../lib/platform/command-line.js'
import { UsageError } from '../../lib/platform/errors.js'
import { runView } from '../../lib/benchmarks/face/runs-view.js'

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
  static override flags = flagsFrom(saveAsOption)

  async run(): Promise<void> {
    const { showRun } = await import('../../lib/benchmarks/runs.js')
    const run = await showRun(await this.context(), benchmarkKind, this.args.run)
    const face = run.result ? await benchmarkFace(run.result.kind) : undefined
    const { saveAs } = this.given(saveAsOption)
    if (saveAs) {
      if (!run.result || !face || Object.keys(face.formats).length === 0)
        throw new UsageError(
          run.result
            ? `--save-as: results of ${run.service} bench are written in no other form`
            : `--save-as: run ${run.id} has no result`,
          { hints: [aibench('runs', 'show', run.id), aibench('runs', 'list')] },
        )
      const copies = await copiesFrom(saveAs, face)
      await writeCopies(copies, run.result, (text) => this.output.say(text))
    }
    return this.show(run, {
      text: (report, style) => runView(report, face, style),
      quiet: ({ dir }) => dir,
    })
  }
}
