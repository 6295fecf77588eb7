import { stopCommand } from '../../lib/jobs/face/instance-commands.js'
import { LUSTRE } from '../../lib/services/lustre/words.js'

export default stopCommand(LUSTRE)
