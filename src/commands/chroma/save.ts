import { CHROMA, saveCommand } from '../../lib/jobs/face/instance-commands.js'

export default saveCommand(CHROMA)
