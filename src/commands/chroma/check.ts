import { CHROMA, checkCommand } from '../../lib/jobs/face/instance-commands.js'

export default checkCommand(CHROMA)
