import { CHROMA, logsCommand } from '../../lib/cli/instance-commands.js'

export default logsCommand(CHROMA)
