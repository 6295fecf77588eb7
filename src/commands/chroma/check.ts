import { CHROMA, checkCommand } from '../../lib/cli/instance-commands.js'

export default checkCommand(CHROMA)
