import * as Args from '@oclif/core/args'
import { BaseCommand } from '../lib/cli/base-command.js'
import { COMPLETION_SCRIPTS, type Shell } from '../lib/cli/completion/scripts.js'

export default class Completion extends BaseCommand<typeof Completion> {
  static override summary = 'Print the completion script of a shell.'
  static override examples = [
    '<%= config.bin %> completion bash',
    '<%= config.bin %> completion fish',
  ]
  static notes = [
    'To install: in ~/.bashrc  eval "$(aibench completion bash)"',
    'In ~/.zshrc, after compinit:  eval "$(aibench completion zsh)"',
    'For fish:  aibench completion fish > ~/.config/fish/completions/aibench.fish',
  ]
  static override args = {
    shell: Args.string({
      required: true,
      options: ['bash', 'zsh', 'fish'],
      description: 'bash, zsh or fish',
    }),
  }

  async run(): Promise<void> {
    const script = COMPLETION_SCRIPTS[this.args.shell as Shell]
    return this.show(
      { shell: this.args.shell, script },
      { text: () => script, quiet: () => script },
    )
  }
}
