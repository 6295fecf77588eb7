import * as Args from '@oclif/core/args'
import { BaseCommand } from '../../lib/cli/base-command.js'
import { flagsFrom } from '../../lib/cli/option-flags.js'
import { printable } from '../../lib/platform/printable.js'
import { chatOptions } from '../../lib/services/vllm/options.js'
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
  static override flags = flagsFrom(chatOptions, 'vllm')

  async run(): Promise<void> {
    const { chat } = await import('../../lib/services/vllm/chat.js')
    const { json } = this.output.mode
    const report = await chat(await this.context(), {
      maxTokens: chatOptions.maxTokens.default,
      ...this.given(chatOptions),
      prompt: this.args.text,
      write: (text) => void (json || process.stdout.write(printable(text))),
    })
    if (!json && !report.text.endsWith('\n')) process.stdout.write('\n')
    this.output.say(chatLine(report, this.output.err))
    return this.show(report, { text: () => '', quiet: () => '' })
  }
}
