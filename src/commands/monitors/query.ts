import * as Args from '@oclif/core/args'
import { BaseCommand } from '../../lib/cli/base-command.js'
import { flagsFrom } from '../../lib/cli/option-flags.js'
import { queryOptions } from '../../lib/services/monitors/attach-options.js'
import { queryLine, queryView } from '../../lib/services/monitors/face/target-views.js'

export default class MonitorsQuery extends BaseCommand<typeof MonitorsQuery> {
  static override summary = 'Query the monitors’ Prometheus in PromQL.'
  static override examples = [
    "<%= config.bin %> monitors query 'up'",
    "<%= config.bin %> monitors query 'rate(vllm:generation_tokens_total[30s])' --range 10m --json",
  ]
  static override args = {
    promql: Args.string({ required: true, description: 'the query, in quotes' }),
  }
  static override nameFlag = '--monitors'
  static override flags = flagsFrom(queryOptions)

  async run(): Promise<void> {
    const { queryFigures } = await import('../../lib/services/monitors/query.js')
    const options = this.values(queryOptions)
    const report = await queryFigures(await this.context(), this.args.promql, options)
    return this.show(report, { text: queryView, quiet: queryLine })
  }
}
