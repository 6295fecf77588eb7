import { CHROMA, stopCommand } from '../../lib/cli/instance-commands.js'

export default stopCommand(CHROMA)
