import { chmod, mkdir, readFile, realpath, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { RunPlan } from '../../src/lib/instrument/filesystem/run-plan.js'
import type { JobContext } from '../../src/lib/services/lustre/job/context.js'
import { runPlanIn } from './run-plan.js'
import { clock, environmentIn, temporaryFolder } from './surroundings.js'

/**
 * What a program in the job sees, where `mpirun`, `srun` and `lfs` are scripts of the test. Each leaves its arguments, a line a call, in
 * the file `calls`.
 */
export async function jobWith(
  programs: Readonly<Record<string, string>>,
  {
    plan = {},
    variables = {},
  }: { plan?: Partial<RunPlan>; variables?: Record<string, string> } = {},
) {
  const folder = await temporaryFolder()
  const path = await realpath(folder.path)
  const [bin, dir, runDir] = [join(path, 'bin'), join(path, 'data'), join(path, 'x-lustre-k3f9')]
  for (const made of [bin, dir, runDir]) await mkdir(made)
  for (const [name, script] of Object.entries(programs)) {
    const text = `#!/bin/bash\necho "${name} $*" >>'${path}/calls'\n${script}\n`
    await writeFile(join(bin, name), text)
    await chmod(join(bin, name), 0o755)
  }
  const before = process.env.PATH
  // No mpirun of the machine: bash and the tools that scripts need.
  const PATH = `${bin}:${await toolsIn(path)}`
  process.env.PATH = PATH
  const said: string[] = []
  const context: JobContext = {
    clock,
    environment: environmentIn(path, { PATH, ...variables }),
    stop: new AbortController().signal,
    say: (text) => void said.push(text),
    answer: () => undefined,
  }
  return {
    ...{ path, dir, runDir, bin, said, context },
    plan: runPlanIn(dir, {
      program: {
        ...{ kind: 'binary', path: join(bin, 'io500'), image: null, module: null },
        ...{ version: null, sha256: null },
      },
      ...plan,
    }),
    async calls(): Promise<string[]> {
      const text = await readFile(join(path, 'calls'), 'utf8').catch(() => '')
      return text.trim().split('\n').filter(Boolean)
    },
    async [Symbol.asyncDispose]() {
      process.env.PATH = before
      await folder[Symbol.asyncDispose]()
    },
  }
}

async function toolsIn(path: string): Promise<string> {
  const tools = join(path, 'tools')
  await mkdir(tools)
  for (const name of ['bash', 'cat', 'mkdir', 'sed', 'sleep', 'touch', 'dirname']) {
    await symlink(`/bin/${name}`, join(tools, name))
  }
  return tools
}
