import type { BesideCall, BesideLine } from '../jobs/beside.js'
import type { Workload } from '../jobs/contract.js'
import { AibenchError, BugError } from '../platform/errors.js'
import { failureOf } from '../platform/failure.js'
import { readJsonIfThere } from '../platform/files.js'
import { systemHttp } from '../platform/http.js'
import { loadService } from './catalog.js'

/** `node dist/beside.js SERVICE FILE`: runs on the node of a server that can't be reached from elsewhere. Speaks JSON lines; srun passes TERM on. */
const [kind, file] = process.argv.slice(2)
const stop = new AbortController()
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => stop.abort())
const say = (line: BesideLine) => void process.stdout.write(JSON.stringify(line) + '\n')

async function answer(service: Workload, call: BesideCall): Promise<unknown> {
  if (service.shape === 'batch') throw new BugError(`${service.title} has no server to ask`)
  if (call.call === 'answer' && service.answer) {
    const write = (text: string) => say({ type: 'text', text })
    return service.answer(call.question, { write, signal: stop.signal })
  }
  if (call.call === 'probe') {
    const members = service.members(call.server.options)
    const member = members.find(({ name }) => name === call.member)
    if (member) return member.probe(systemHttp, call.server)
  }
  throw new BugError(`${service.title} can't be asked that`)
}

try {
  const call = (await readJsonIfThere(file)) as BesideCall
  say({ type: 'answer', answer: await answer(await loadService(kind), call) })
} catch (error) {
  say(failureOf(error instanceof AibenchError ? error : new BugError((error as Error).message)))
  process.exitCode = 1
}
