import { join } from 'node:path'
import { aibench } from '../platform/command-line.js'
import { AibenchError, UnreachableError } from '../platform/errors.js'
import { errorOf, type Failure } from '../platform/failure.js'
import { removeTree, writeJson } from '../platform/files.js'
import { shortId } from '../platform/identifiers.js'
import type { Instance } from '../state/schema.js'
import type { Connection, Context, Member, ProbeResult } from './contract.js'

/** What goes to a server that only its own node reaches: by a small program beside it, `dist/beside.js`. */

/** The first request of a new server may take its time. */
const PROBE_MS = 120_000

export function urlOf({ endpoint: { scheme, host, port } }: Connection): string {
  return `${scheme}://${host}:${port}`
}

/** Does it do its work? Asked from here when its loopback is ours. */
export async function probeMember(
  context: Context,
  instance: Instance,
  member: Member,
  reach: Connection,
): Promise<ProbeResult> {
  const server = { url: urlOf(reach), tokenFile: reach.tokenFile, options: reach.options }
  if (reach.isHere) return member.probe(context.http, server)
  const call = { call: 'probe', member: member.name, server } as const
  try {
    return await callBeside(context, instance, reach, call, { timeoutMs: PROBE_MS })
  } catch (error) {
    if (!(error instanceof AibenchError) || context.signal.aborted) throw error
    const why = error.evidence ?? error.message
    return { ready: false, detail: `the probe could not run beside the server: ${why}` }
  }
}

/** What the program is told. */
export type BesideCall =
  | { call: 'probe'; member: string; server: Parameters<Member['probe']>[1] }
  | { call: 'answer'; question: object }

/** What it says, a JSON object a line. */
export type BesideLine =
  { type: 'text'; text: string } | { type: 'answer'; answer: unknown } | Failure

/**
 * The call goes by a file: what is asked is nobody else's business, and a command line everybody's.
 * @throws UnreachableError when the program could not run there, and what it threw itself
 */
export async function callBeside<Answer>(
  context: Context,
  { runDir, service, name }: Pick<Instance, 'runDir' | 'service' | 'name'>,
  reach: Pick<Connection, 'beside'>,
  call: BesideCall,
  { write = () => undefined, timeoutMs }: { write?(text: string): void; timeoutMs?: number } = {},
): Promise<Answer> {
  const file = join(runDir, `call-${shortId()}.json`)
  const program = join(context.environment.installDir, 'dist', 'beside.js')
  const lines: BesideLine[] = []
  try {
    await writeJson(file, call)
    const [command, ...args] = reach.beside([process.execPath, program, service, file])
    const { stderr } = await context.processes.run(command, args, {
      signal: context.signal,
      timeoutMs,
      onLine(text) {
        const line = lineFrom(text)
        if (line?.type === 'text') write(line.text)
        else if (line) lines.push(line)
      },
    })
    const last = lines.at(-1)
    if (last?.type === 'answer') return last.answer as Answer
    if (last?.type === 'failed') throw errorOf(last)
    throw new UnreachableError(`${name} could not be asked from beside it`, {
      evidence: stderr.trim().split('\n').at(-1),
      hints: [aibench(service, 'check', name)],
    })
  } finally {
    await removeTree(file)
  }
}

/** Lines that are not ours (srun's, a module system's) are passed over. */
function lineFrom(text: string): BesideLine | undefined {
  if (!text.startsWith('{"type"')) return undefined
  try {
    return JSON.parse(text) as BesideLine
  } catch {
    return undefined
  }
}
