import { expect } from 'chai'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { readLogs } from '../../../src/lib/jobs/logs.js'
import { TextEnd } from '../../../src/lib/cli/stream-out.js'
import { contextWith, type FakeContext } from '../../support/context.js'
import { instanceWith } from '../../support/instances.js'
import { rejection } from '../../support/surroundings.js'

async function contextWithLog(text: string | undefined, phase: 'ready' | 'ended') {
  const context = await contextWith()
  const runDir = join(context.folder, 'run')
  await mkdir(runDir)
  if (text !== undefined) await writeFile(join(runDir, 'stdout.log'), text)
  await context.state.update((draft) => {
    const outcome = {
      kind: 'completed',
      exitCode: 0,
      signal: null,
      summary: 'x',
      proof: 'receipt',
    } as const
    draft.instances.k3f9 = instanceWith({ runDir, phase, ...(phase === 'ended' && { outcome }) })
  })
  return context
}

async function logsOf(context: FakeContext, change: { lines?: number; follow?: boolean } = {}) {
  let text = ''
  const report = await readLogs(context, {
    ...{ service: 'chroma', stream: 'stdout', lines: 200, follow: false },
    ...change,
    write: (piece) => void (text += piece),
  })
  return { text, report }
}

describe('logs', () => {
  it('are the last lines, counted', async () => {
    await using context = await contextWithLog('a\nb\nc\n', 'ready')
    const { text, report } = await logsOf(context, { lines: 2 })
    expect(text).to.equal('b\nc\n')
    expect(report.lines).to.equal(2)
  })

  it('that are followed end when the instance has ended', async () => {
    await using context = await contextWithLog('a\nb\n', 'ended')
    expect((await logsOf(context, { follow: true })).text).to.equal('a\nb\n')
  })

  it('wait for a reader that is slow', async () => {
    await using context = await contextWithLog('a\n', 'ready')
    let isTaken = false
    await readLogs(context, {
      ...{ service: 'chroma', stream: 'stdout', lines: 200, follow: false },
      write: async () => {
        await new Promise((go) => setTimeout(go, 20))
        isTaken = true
      },
    })
    expect(isTaken).to.equal(true)
  })

  it('that are not there yet are not found', async () => {
    await using context = await contextWithLog(undefined, 'ready')
    expect((await rejection(logsOf(context))).exitCode).to.equal(4)
  })
})

describe('a text without end in one JSON object', () => {
  it('keeps its last part and counts the rest', () => {
    const end = new TextEnd(10)
    for (const piece of ['aaaa', 'bbbb', 'cccc', 'dddd']) end.push(piece)
    expect(end.text).to.equal('ccccdddd')
    expect(end.dropped).to.equal(8)
  })
})
