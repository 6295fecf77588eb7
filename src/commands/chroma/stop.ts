import { CHROMA, stopCommand } from '../../lib/jobs/face/instance-commands.js'

export default stopCommand(CHROMA)
