import { Config } from '@oclif/core'

/** Hands a known command to oclif: it loads the one module and parses the flags. */
export async function runCommand(id: string, argv: string[], root: string): Promise<void> {
  const config = await Config.load({ root })
  await config.runCommand(id, argv)
}
