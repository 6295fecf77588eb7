import { expect } from 'chai'
import { mkdir, utimes, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import * as v from 'valibot'
import { isAlive, SILENT_MS, Watch, WORKER } from '../../../../src/lib/instrument/process/life.js'
import { runWorker } from '../../../../src/lib/instrument/process/run-worker.js'
import { processIdentity } from '../../../../src/lib/platform/machine.js'
import { rejection, temporaryFolder } from '../../../support/surroundings.js'

/** A worker that is a line of shell; its order is `$0`. */
async function run(runDir: string, script: string, startDeadlineMs?: number) {
  await mkdir(runDir)
  const error = await rejection(
    runWorker({
      argv: ['bash', '-c', script],
      order: { runDir },
      result: v.object({}),
      onEvent: () => undefined,
      signal: new AbortController().signal,
      lostHints: ['aibench chroma check'],
      ...(startDeadlineMs === undefined ? {} : { startDeadlineMs }),
    }),
  )
  return error
}

const START_MS = 5_000
const HELLO = `echo '{"type":"hello"}'`
/** The sign of life of a process that is not there any more. */
const GONE = JSON.stringify({ host: hostname(), pid: 4_194_303, start: '1' })

// They only wait: all three at the same time.
describe('a worker that hangs', function () {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>
  let [late, deaf, silent] = [] as ReturnType<typeof run>[]
  before(async () => {
    folder = await temporaryFolder()
    const at = (name: string) => join(folder.path, name)
    late = run(at('late'), 'echo "srun: job 7 queued" >&2; exec sleep 600', START_MS)
    // What it has started holds its output, as a step does that of its srun.
    deaf = run(at('deaf'), 'trap "" TERM; sleep 600 & wait', START_MS)
    silent = run(at('silent'), `${HELLO}; echo '${GONE}' > "\${0%/*}/${WORKER}"; exec sleep 600`)
    await Promise.allSettled([late, deaf, silent])
  })
  after(() => folder[Symbol.asyncDispose]())

  it('before its first word is ended at the deadline of its start, and its last words are told', async () => {
    const error = await late
    expect(error).to.include({ code: 'AIB_WORKER_START', exitCode: 7 })
    expect(error.message).to.match(/did not begin within 5\.?0? s/)
    expect(error).to.include({ evidence: 'srun: job 7 queued' })
    expect(error.hints).to.deep.equal(['aibench chroma check'])
  })

  it('and does not hear a TERM is killed, with all that it has started', async () => {
    expect(await deaf).to.include({ code: 'AIB_WORKER_START', where: undefined })
  })

  it('behind an srun, though its own process is gone, is given up', async () => {
    const error = await silent
    expect(error).to.include({ code: 'AIB_WORKER_LOST', exitCode: 7 })
    expect(error.message).to.include('no sign of life')
  })
})

describe('a sign of life', () => {
  const life = (host: string, pid = process.pid, start = processIdentity(process.pid).start) => ({
    ...{ host, pid, start, signMs: 1_000_000 },
  })

  it('of this machine counts by the process, not by its age', () => {
    expect(isAlive(life(hostname()), 1e12)).to.equal(true)
    expect(isAlive(life(hostname(), 4_194_303, '1'), 1_000_000)).to.equal(false)
    expect(isAlive(life(hostname(), process.pid, '1'), 1_000_000), 'a pid given anew').to.equal(
      false,
    )
  })

  it('of another machine counts by its age', () => {
    expect(isAlive(life('elsewhere'), 1_000_000 + SILENT_MS)).to.equal(true)
    expect(isAlive(life('elsewhere'), 1_000_000 + 2 * SILENT_MS)).to.equal(false)
  })

  it('that is repeated on another machine is seen, whatever the clocks; one that stops is gone', async () => {
    await using folder = await temporaryFolder()
    const path = join(folder.path, WORKER)
    const real = performance.now.bind(performance)
    let aheadMs = 0
    performance.now = () => real() + aheadMs
    try {
      const watch = new Watch(folder.path, WORKER)
      expect(watch.isGone, 'one that has not begun').to.equal(false)
      await writeFile(path, JSON.stringify({ host: 'elsewhere', pid: 7, start: '1' }))
      for (let sign = 1; sign < 4; sign++) {
        await utimes(path, sign, sign)
        aheadMs += 10 * SILENT_MS
        expect(watch.isGone, `sign ${sign}`).to.equal(false)
      }
      aheadMs += 10 * SILENT_MS
      expect(watch.isGone).to.equal(true)
    } finally {
      performance.now = real
    }
  })
})
