import { BaseCommand } from '../../lib/cli/base-command.js'

export default class StateShow extends BaseCommand<typeof StateShow> {
  static override summary = 'Print the state file as aibench reads it.'
  static override examples = ['<%= config.bin %> state show', '<%= config.bin %> state show --json']

  async run(): Promise<void> {
    const state = await (await this.context()).state.read()
    const text = () => JSON.stringify(state, null, 2)
    return this.show(state, { text, quiet: ({ revision }) => String(revision) })
  }
}
