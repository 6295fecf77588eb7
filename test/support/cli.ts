import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { exitCodesOf } from '../../src/lib/cli/exit-codes.js'
import { findCommand, readManifest, spoken } from '../../src/lib/cli/manifest.js'

export const ROOT = fileURLToPath(new URL('../..', import.meta.url))
export const PROGRAM = `${ROOT}bin/run.js`
const manifest = readManifest(ROOT)

export interface Ended {
  code: number | null
  signal: NodeJS.Signals | null
  stdout: string
  stderr: string
}

export interface CliOptions {
  home: string
  env?: Record<string, string>
  cwd?: string
  input?: string
  /** Called with the running process, to send signals to it. */
  during?(child: ReturnType<typeof spawn>): void
}

/** Runs the built program as a process of its own. */
export async function aibench(args: readonly string[], options: CliOptions): Promise<Ended> {
  const { home, env = {}, cwd = home, input, during } = options
  const { AIBENCH_TEST_REQUIRE: _, ...inherited } = process.env
  const child = spawn(process.execPath, [PROGRAM, ...args], {
    cwd,
    env: { ...inherited, AIBENCH_HOME: home, NO_COLOR: '1', ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  let [stdout, stderr] = ['', '']
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  child.stdin.on('error', () => undefined)
  child.stdin.end(input)
  during?.(child)
  const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null]
  expectKnown(args, code)
  await expectPastable(stdout, stderr)
  return { code, signal, stdout, stderr }
}

/** Whatever a test is about: a command ends with a code that its help names. */
function expectKnown(args: readonly string[], code: number | null): void {
  const found = findCommand(manifest, args)
  if (!found || code === null || code === 1 || code > 127 || args.includes('--help')) return
  const id = spoken(found.id)
  if (!exitCodesOf(id).includes(code))
    throw new Error(`aibench ${args.join(' ')} ended with ${code}, which its help does not name`)
}

export interface Envelope {
  schema: string
  ok: boolean
  exitCode: number
  // The shape of the data is what each test is about.
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  data: any
  error: { code: string; message: string; hints: string[] } | null
  warnings: string[]
  meta: { version: string; command: string; durationMs: number }
}

/** The one object that --json prints; fails when stdout is anything else, or when the codes differ. */
export function envelopeOf({ stdout, code }: Ended): Envelope {
  const envelope = JSON.parse(stdout) as Envelope
  if (envelope.exitCode !== code)
    throw new Error(`exit code ${code}, but the envelope says ${envelope.exitCode}`)
  return envelope
}

/** Whatever a test is about: each command that is hinted at is one that the real parser takes. */
async function expectPastable(stdout: string, stderr: string): Promise<void> {
  const { parseLine } = await import('./command-lines.js')
  for (const line of hintsIn(stdout, stderr)) {
    const filled = line.replace(/ (N|M)\b/g, ' 1').replace(/ help$/, ' --help')
    if (/^aibench (--help|(vllm|chroma|runs|state|config) --help)$/.test(filled)) continue
    const { error } = await parseLine(filled)
    if (error) throw new Error(`a hint can't be pasted: ${line}\n${error.message}`)
  }
}

function hintsIn(stdout: string, stderr: string): string[] {
  const found: string[] = []
  for (const line of stdout.split('\n')) {
    if (!line.startsWith('{')) continue
    try {
      const { error, data } = JSON.parse(line) as Partial<Envelope>
      found.push(...(error?.hints ?? []), ...((data?.next as string[] | undefined) ?? []))
    } catch {
      // Not an envelope: what a server or a log says.
    }
  }
  for (const [, line] of `${stderr}\n${stdout}`.matchAll(/^ {2}(?:try|   ) {2}(aibench .*)$/gm))
    found.push(line)
  for (const [, line] of stdout.matchAll(
    /(?:next:|again:|keep:) (aibench [^·\n]*?)(?: {4}| ·|$)/gm,
  ))
    found.push(line)
  return found.filter((line) => line.startsWith('aibench '))
}
