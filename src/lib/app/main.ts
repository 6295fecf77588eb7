import type { Command } from '@oclif/core/command'
import { main as mainOf } from '../cli/main.js'

/** The program: hands the kit of the command line what it does not know, the commands and their surroundings. */
export function main(argv: readonly string[], root: string): Promise<void> {
  return mainOf(argv, root, {
    async command(id) {
      const path = id.replaceAll(':', '/')
      const module = (await import(`../../commands/${path}.ts`)) as { default: Command.Class }
      return module.default
    },
    createContext: async (given) => (await import('./context.js')).createContext(given),
  })
}
