import { aibench } from '../../platform/command-line.js'
import { join } from 'node:path'
import { errorOf } from '../../instrument/process/run-worker.js'
import type { FailedEvent } from '../../instrument/process/worker-events.js'
import { UnreachableError } from '../../platform/errors.js'
import { removeTree, writeJson } from '../../platform/files.js'
import { shortId } from '../../platform/identifiers.js'
import type { Instance } from '../../state/schema.js'
import type { Context, Connection } from '../../jobs/contract.js'
import { findReady } from '../../jobs/find-ready.js'
import { reachOf } from '../../jobs/ready.js'
import { urlOf } from '../../jobs/probe-beside.js'
import type { ReportOf, ClientCall } from './client-call.js'
import { servedNameOf } from './served-name.js'
import type { VllmOptions } from './options.js'

/** Told the text of an answer as it comes. */
type Write = (text: string) => void

/** What a question of ours is about, before it is known whom it is asked. */
export type CallOf<Kind extends ClientCall['kind']> = Omit<
  Extract<ClientCall, { kind: Kind }>,
  'url' | 'tokenFile' | 'model' | 'simulated'
>

/**
 * Asks an instance of ours: from here when its loopback is ours, else by a small program beside it.
 * @throws NotFoundError or PendingError when it is not ready, and what `answer` throws
 */
export async function ask<Kind extends ClientCall['kind']>(
  context: Context,
  name: string | undefined,
  wish: CallOf<Kind>,
  write: Write = () => undefined,
): Promise<ReportOf<Kind>> {
  const observation = await findReady(context, 'vllm', name)
  const reach = reachOf(context, observation)
  const options = reach.options as VllmOptions
  const question = {
    ...wish,
    url: urlOf(reach),
    tokenFile: reach.tokenFile,
    model: servedNameOf(options),
    simulated: options.simulate !== null,
  } as Extract<ClientCall, { kind: Kind }>
  if (!reach.isHere) return askBeside(context, observation.instance, reach, question, write)
  const { answer } = await import('./answer.js')
  return (await answer(question, { write, signal: context.signal })) as ReportOf<Kind>
}

type Line<Kind extends ClientCall['kind']> =
  { type: 'text'; text: string } | { type: 'answer'; answer: ReportOf<Kind> } | FailedEvent

/** The question goes by a file: a prompt is nobody else's business, and a command line everybody's. */
async function askBeside<Kind extends ClientCall['kind']>(
  context: Context,
  { runDir, name }: Instance,
  reach: Connection,
  question: Extract<ClientCall, { kind: Kind }>,
  write: Write,
): Promise<ReportOf<Kind>> {
  const file = join(runDir, `question-${shortId()}.json`)
  await writeJson(file, question)
  const lines: Line<Kind>[] = []
  try {
    const program = join(context.environment.installDir, 'dist', 'ask.js')
    const [command, ...args] = reach.beside([process.execPath, program, file])
    const { stderr } = await context.processes.run(command, args, {
      signal: context.signal,
      onLine(text) {
        const line = lineFrom<Kind>(text)
        if (line?.type === 'text') write(line.text)
        else if (line) lines.push(line)
      },
    })
    const last = lines.at(-1)
    if (last?.type === 'answer') return last.answer
    if (last?.type === 'failed') throw errorOf(last, undefined)
    throw new UnreachableError(`${name} could not be asked from beside it`, {
      evidence: stderr.trim().split('\n').at(-1),
      hints: [aibench('vllm', 'check', name)],
    })
  } finally {
    await removeTree(file)
  }
}

/** Lines that are not ours (srun's, a module system's) are passed over. */
function lineFrom<Kind extends ClientCall['kind']>(text: string): Line<Kind> | undefined {
  if (!text.startsWith('{"type"')) return undefined
  try {
    return JSON.parse(text) as Line<Kind>
  } catch {
    return undefined
  }
}
