import { flagsFrom } from '../../lib/cli/option-flags.js'
import { saveCommand } from '../../lib/jobs/face/instance-commands.js'
import { submissionOptions } from '../../lib/services/lustre/submission-options.js'
import { LUSTRE } from '../../lib/services/lustre/words.js'

const Save = saveCommand(LUSTRE)

export default class LustreSave extends Save {
  static override examples = [...Save.examples, '<%= config.bin %> lustre save --submission']
  static override flags = { ...Save.flags, ...flagsFrom(submissionOptions) }

  override async run(): Promise<void> {
    if (!this.given(submissionOptions).submission) return super.run()
    const { saveSubmission } = await import('../../lib/services/lustre/submission.js')
    const { submissionView } = await import('../../lib/services/lustre/face/submission-view.js')
    const { output, force = false } = this.flags as { output?: string; force?: boolean }
    const { name } = this.args as { name?: string }
    const report = await saveSubmission(await this.context(), { name, out: output, force })
    return this.show(report, { text: submissionView, quiet: ({ path }) => path })
  }
}
