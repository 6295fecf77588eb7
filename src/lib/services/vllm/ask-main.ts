import { readJsonIfThere } from '../../platform/files.js'
import { AibenchError, BugError } from '../../platform/errors.js'
import { answer } from './answer.js'
import type { ClientCall } from './client-call.js'

/** `node dist/ask.js FILE`: asks beside a server that can't be reached from the login node. Speaks JSON lines; srun passes TERM on. */
const stop = new AbortController()
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => stop.abort())
const say = (line: object) => void process.stdout.write(JSON.stringify(line) + '\n')
try {
  const question = (await readJsonIfThere(process.argv[2])) as ClientCall
  const write = (text: string) => say({ type: 'text', text })
  say({ type: 'answer', answer: await answer(question, { write, signal: stop.signal }) })
} catch (error) {
  const { code, exitCode, message, evidence, hints } =
    error instanceof AibenchError ? error : new BugError((error as Error).message)
  say({ type: 'failed', code, exitCode, message, evidence, hints })
  process.exitCode = 1
}
