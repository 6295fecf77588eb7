import { BaseCommand } from '../../lib/cli/base-command.js'

export default class StatePath extends BaseCommand<typeof StatePath> {
  static override summary = 'Print the path of the state file.'
  static override examples = ['<%= config.bin %> state path', '<%= config.bin %> state path --json']

  async run(): Promise<void> {
    const { path } = (await this.context()).state
    return this.show({ path }, { text: () => path, quiet: () => path })
  }
}
