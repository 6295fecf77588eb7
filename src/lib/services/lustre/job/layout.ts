import { join } from 'node:path'
import type { RunPlan } from '../../../instrument/filesystem/run-plan.js'
import { runBounded } from '../../../platform/children.js'
import { EnvironmentError } from '../../../platform/errors.js'
import { listNames, makePrivateDir, writeAtomically } from '../../../platform/files.js'
import { countFiles } from '../../../platform/shared-removal.js'
import { sayCommand, type JobContext } from './context.js'
import type { Health } from './health.js'

/** The directories whose layout may be set by the rules; nothing may be in them before the run. */
export const TOP_DIRECTORIES = ['ior-easy', 'ior-hard', 'mdtest-easy', 'mdtest-hard'] as const

/** The user's own commands, copied when the run was asked for. */
export const LAYOUT_FILE = 'layout.sh'
const TIMEOUT_MS = 60_000

/**
 * Makes the data directory and lays it out; what it is then, as Lustre says it, stands in `layout.txt`. Elsewhere than on Lustre there is
 * nothing to lay out, and that is said.
 */
export async function layOut(
  context: JobContext,
  plan: RunPlan,
  runDir: string,
  health: Health | null,
): Promise<string> {
  const { dataDir, layout, fileSystem } = plan
  await makePrivateDir(dataDir)
  if (layout === 'default') return describe(context, plan, runDir, 'as its parent directory says')
  if (layout !== 'suggested') return byFile(context, plan, runDir)
  if (fileSystem.kind !== 'lustre')
    return describe(context, plan, runDir, 'not laid out: only Lustre has a layout to set')
  for (const name of TOP_DIRECTORIES) await makePrivateDir(join(dataDir, name))
  for (const { argv, isOptional } of suggested(dataDir, health)) {
    const why = await run(context, argv)
    if (why === undefined) continue
    if (!isOptional) throw refused(argv, why)
    context.say(`layout: goes on without it: ${why}`)
  }
  return describe(context, plan, runDir, 'as IO500 suggests')
}

interface LayoutCommand {
  argv: string[]
  /** Sites may keep it for themselves. */
  isOptional: boolean
}

/**
 * As the set-up of IO500's own script proposes: directories over all metadata servers, one stripe for each file, as many as there are for
 * the one that all write to, and the small files beside their names. Source: IO500/io500, io500.sh, setup().
 */
export function suggested(dataDir: string, health: Health | null): LayoutCommand[] {
  const at = (name: string) => join(dataDir, name)
  const [osts, mdts] = [health?.osts ?? null, health?.mdts ?? null]
  const lfs = (...args: string[]) => ({ argv: ['lfs', ...args], isOptional: false })
  const may = (...args: string[]) => ({ argv: ['lfs', ...args], isOptional: true })
  return [
    ...(mdts === 1
      ? []
      : [dataDir, at('mdtest-easy'), at('mdtest-hard')].map((dir) =>
          may('setdirstripe', '-D', '-c', '-1', dir),
        )),
    lfs('setstripe', '-c', '1', dataDir),
    lfs('setstripe', '-c', '1', at('ior-easy')),
    osts === null
      ? lfs('setstripe', '-c', '-1', at('ior-hard'))
      : may('setstripe', '-C', `${osts * 4}`, at('ior-hard')),
    may('setstripe', '-E', '64k', '-L', 'mdt', at('mdtest-easy')),
    may('setstripe', '-E', '64k', '-L', 'mdt', at('mdtest-hard')),
  ]
}

/** The user's commands, in the data directory, where the four directories are there already. */
async function byFile(context: JobContext, plan: RunPlan, runDir: string): Promise<string> {
  const { dataDir, layout } = plan
  for (const name of TOP_DIRECTORIES) await makePrivateDir(join(dataDir, name))
  const argv = ['bash', '-e', join(runDir, LAYOUT_FILE)]
  const why = await run(context, argv, { cwd: dataDir, env: { DATADIR: dataDir } })
  if (why !== undefined) throw refused(argv, why)
  if ((await countFiles(dataDir, 1)) > 0 || (await hasMore(dataDir)))
    context.say(
      'layout: the commands made more than the four top directories: by the rules the result can’t be submitted',
    )
  return describe(context, plan, runDir, `by ${layout}`)
}

async function hasMore(dataDir: string): Promise<boolean> {
  const within = await Promise.all(TOP_DIRECTORIES.map((name) => listNames(join(dataDir, name))))
  return within.some((names) => names.length > 0)
}

async function run(
  context: JobContext,
  argv: readonly string[],
  { cwd, env }: { cwd?: string; env?: Record<string, string> } = {},
): Promise<string | undefined> {
  sayCommand(context, argv)
  const ran = await runBounded(argv, { cwd, env, timeoutMs: TIMEOUT_MS })
  if (ran.exitCode === 0) return undefined
  if (ran.missing) return `${argv[0]} is not there`
  if (ran.timedOut) return `no answer within ${TIMEOUT_MS / 1000} s`
  const said = `${ran.stderr}${ran.stdout}`.trim().split('\n').at(-1)
  return said || `exit code ${ran.exitCode}`
}

/** What the directories are now, in Lustre's words. */
async function describe(
  { say }: JobContext,
  { dataDir, fileSystem }: RunPlan,
  runDir: string,
  how: string,
): Promise<string> {
  const lines = [`# ${how}`]
  if (fileSystem.kind === 'lustre')
    for (const argv of [
      ['lfs', 'getdirstripe', '-D', dataDir],
      ['lfs', 'getstripe', '-d', dataDir],
      ...TOP_DIRECTORIES.map((name) => ['lfs', 'getstripe', '-d', join(dataDir, name)]),
    ]) {
      const { stdout, stderr, exitCode } = await runBounded(argv, { timeoutMs: 10_000 })
      lines.push(`# ${argv.join(' ')}`, (exitCode === 0 ? stdout : `# ${stderr}`).trimEnd())
    }
  await writeAtomically(join(runDir, 'layout.txt'), `${lines.join('\n')}\n`)
  say(`layout: ${how}`)
  return how
}

function refused(argv: readonly string[], why: string): EnvironmentError {
  return new EnvironmentError('The layout of the directories could not be set', {
    code: 'AIB_LAYOUT',
    evidence: `${argv.join(' ')}: ${why}`,
    hints: ['--layout default'],
  })
}
