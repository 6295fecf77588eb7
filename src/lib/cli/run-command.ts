import type { Command } from '@oclif/core/command'
import type { Config } from '@oclif/core/config'
import { join } from 'node:path'
import { readFileSync } from 'node:fs'

/** Loads the one module of a known command; oclif parses its flags and runs it. */
export async function runCommand(id: string, argv: string[], root: string): Promise<void> {
  const path = id.replaceAll(':', '/')
  const module = (await import(`../../commands/${path}.ts`)) as { default: Command.Class }
  const command = module.default
  command.id = id
  await command.run(argv, configOf(root))
}

/**
 * All that is left of oclif's Config for a command that was found in our manifest: what it loads otherwise (plugins, themes, user
 * settings, the shell) costs a tenth of a second and a hundred file system calls, and none of it is used.
 */
function configOf(root: string): Config {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    version: string
  }
  const config = {
    bin: 'aibench',
    name: 'aibench',
    version,
    root,
    runHook: async () => ({ successes: [], failures: [] }),
    scopedEnvVarKeys: () => [],
  }
  return config as unknown as Config
}
