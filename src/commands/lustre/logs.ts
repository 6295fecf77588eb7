import { logsCommand } from '../../lib/jobs/face/instance-commands.js'
import { LUSTRE } from '../../lib/services/lustre/words.js'

export default logsCommand(LUSTRE)
