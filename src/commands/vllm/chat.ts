import * as Args from '@oclif/core/args'
import * as Flags from '@oclif/core/flags'
import { BaseCommand } from '../../lib/cli/base-command.js'
import { completing } from '../../lib/cli/topic.js'
import { printable } from '../../lib/platform/printable.js'
import { chatLine } from '../../lib/services/vllm/face/views.js'

export default class VllmChat extends BaseCommand<typeof VllmChat> {
  static override summary = 'Send one message to a vLLM server and print the answer as it arrives.'
  static override examples = [
    '<%= config.bin %> vllm chat hello',
    "<%= config.bin %> vllm chat 'Why is the sky blue?' --system 'Answer in one sentence.' --json",
  ]
  static override args = {
    text: Args.string({ required: true, description: 'what to ask' }),
  }
  static override flags = {
    name: Flags.string({
      ...completing('instance'),
      summary: 'Ask this instance. Optional while only one is running.',
    }),
    system: Flags.string({
      helpValue: 'TEXT',
      summary: 'Set the system prompt.',
    }),
    'max-tokens': Flags.integer({
      helpValue: 'N',
      min: 1,
      default: 256,
      summary: 'End the answer after N tokens.',
      env: 'AIBENCH_MAX_TOKENS',
    }),
  }

  async run(): Promise<void> {
    const { chat } = await import('../../lib/services/vllm/chat.js')
    const { json } = this.output.mode
    const report = await chat(await this.context(), {
      name: this.flags.name,
      prompt: this.args.text,
      system: this.flags.system,
      maxTokens: this.flags['max-tokens'],
      write: (text) => void (json || process.stdout.write(printable(text))),
    })
    if (!json && !report.text.endsWith('\n')) process.stdout.write('\n')
    this.output.say(chatLine(report, this.output.err))
    return this.show(report, { text: () => '', quiet: () => '' })
  }
}
