import { CHROMA, saveCommand } from '../../lib/cli/instance-commands.js'

export default saveCommand(CHROMA)
