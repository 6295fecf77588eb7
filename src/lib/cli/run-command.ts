import type { Command } from '@oclif/core/command'
import type { Config } from '@oclif/core/config'
import { join } from 'node:path'
import { readFileSync } from 'node:fs'
import type { Context, ContextParts } from '../jobs/contract.js'

/** What the program that uses this kit brings along; each part is loaded when it is needed. */
export interface Program {
  command(id: string): Promise<Command.Class>
  createContext(parts: ContextParts): Promise<Context>
}

/** All that is left of oclif's Config for a command that was found in our manifest. */
export interface ProgramConfig extends Config, Pick<Program, 'createContext'> {}

/** Loads the one module of a known command; oclif parses its flags and runs it. */
export async function runCommand(
  id: string,
  argv: string[],
  root: string,
  program: Program,
): Promise<void> {
  const command = await program.command(id)
  command.id = id
  await command.run(argv, configOf(root, program))
}

/** What oclif loads otherwise (plugins, themes, user settings, the shell) costs a tenth of a second and a hundred file system calls, and none of it is used. */
function configOf(root: string, { createContext }: Program): ProgramConfig {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    version: string
  }
  const config = {
    bin: 'aibench',
    name: 'aibench',
    version,
    root,
    createContext,
    runHook: async () => ({ successes: [], failures: [] }),
    scopedEnvVarKeys: () => [],
  }
  return config as unknown as ProgramConfig
}
