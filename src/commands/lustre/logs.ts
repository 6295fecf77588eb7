import { flagsFrom } from '../../lib/cli/option-flags.js'
import { logsCommand } from '../../lib/jobs/face/instance-commands.js'
import { liveOptions } from '../../lib/services/lustre/live-options.js'
import { LUSTRE } from '../../lib/services/lustre/words.js'

const Logs = logsCommand(LUSTRE)

export default class LustreLogs extends Logs {
  static override summary =
    'Show the log of a Lustre job; with -f how a run goes: phase, rates, time left.'
  static override examples = [
    '<%= config.bin %> lustre logs -f',
    '<%= config.bin %> lustre logs -f --events',
    '<%= config.bin %> lustre logs --stderr -n 50',
  ]
  static override flags = { ...Logs.flags, ...flagsFrom(liveOptions) }

  override async run(): Promise<void> {
    const { follow, stderr } = this.flags as { follow?: boolean; stderr?: boolean }
    const { events, text } = this.given(liveOptions)
    if ((!follow && !events) || stderr || text) return super.run()
    const { findInstance } = await import('../../lib/jobs/find.js')
    const context = await this.context()
    const { name } = this.args as { name?: string }
    const instance = findInstance(context, await context.state.read(), LUSTRE.kind, name)
    // An allocation that only holds its nodes has nothing to show but its log.
    if (instance.shape === 'holding') return super.run()
    const { watchRun, watchedView } = await import('../../lib/services/lustre/face/watch-run.js')
    const report = await this.untilLeft(() =>
      watchRun(context, instance, {
        style: this.output.out,
        isQuiet: this.output.mode.json || this.output.mode.quiet,
        onEvent: events ? (event) => this.output.event(event) : undefined,
      }),
    )
    return this.show(report, { text: watchedView, quiet: ({ summary }) => summary })
  }
}
