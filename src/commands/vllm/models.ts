import { BaseCommand } from '../../lib/cli/base-command.js'
import { nameArg } from '../../lib/jobs/face/name-arg.js'
import { modelsView } from '../../lib/services/vllm/face/views.js'

export default class VllmModels extends BaseCommand<typeof VllmModels> {
  static override summary = 'List the models that a vLLM server serves.'
  static override examples = [
    '<%= config.bin %> vllm models',
    '<%= config.bin %> vllm models --json',
  ]
  static override args = { name: nameArg('vLLM') }

  async run(): Promise<void> {
    const { listModels } = await import('../../lib/services/vllm/models.js')
    const report = await listModels(await this.context(), this.args.name)
    return this.show(report, {
      text: modelsView,
      quiet: ({ models }) => models.map(({ id }) => id).join('\n'),
    })
  }
}
