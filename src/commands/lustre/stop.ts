import { stopCommand } from '../../lib/jobs/face/instance-commands.js'
import { cleanedRunsText } from '../../lib/services/lustre/cleaned.js'
import { cleanOptions } from '../../lib/services/lustre/stop-options.js'
import { LUSTRE } from '../../lib/services/lustre/words.js'

export default stopCommand(LUSTRE, {
  examples: ['stop io500 --clean'],
  options: cleanOptions,
  async afterwards(context, { id }, { clean }) {
    if (!clean) return { data: {}, text: '' }
    const { cleanUpAfter } = await import('../../lib/services/lustre/clean-up.js')
    const cleaned = await cleanUpAfter(context, id)
    return { data: { cleaned }, text: cleanedRunsText(cleaned) }
  },
})
