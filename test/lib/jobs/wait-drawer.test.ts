import { expect } from 'chai'
import type { Progress } from '../../../src/lib/platform/progress.js'
import { WaitDrawer } from '../../../src/lib/jobs/wait-drawer.js'
import type { Instance } from '../../../src/lib/state/schema.js'
import { contextWith } from '../../support/context.js'
import { instanceWith } from '../../support/instances.js'

/** Writes down what a person would see; a step that is closed stays closed. */
function recorder(): { progress: Progress; seen: string[] } {
  const seen: string[] = []
  const step = (title: string) => {
    let isOpen = true
    seen.push(title)
    const close = (mark: string) => (text?: string, ms?: number) => {
      if (isOpen)
        seen.push([mark, title, text, ms === undefined ? '' : `${ms} ms`].filter(Boolean).join(' '))
      isOpen = false
    }
    const update = (text: string) => void seen.push(`… ${title} ${text}`)
    return { update, done: close('✓'), fail: close('✗') }
  }
  return { seen, progress: { note: () => undefined, step } }
}

const starting = instanceWith({
  ...{ service: 'vllm', scheduler: 'slurm', phase: 'starting', readyAt: null, endpoint: null },
  startedAt: '2026-11-24T10:18:00.000Z',
})
const at = (time: string) => `2026-11-24T10:${time}.000Z`
const container = { name: 'container', at: at('18:00'), text: '' }
const weights = (text: string) => ({ name: 'weights', at: at('18:08'), text })
const compile = { name: 'compile', at: at('18:49'), text: '' }

async function drawn(start: Instance, ...shows: Parameters<WaitDrawer['show']>[]) {
  await using context = await contextWith()
  const { seen, progress } = recorder()
  const drawer = new WaitDrawer({ ...context, progress }, start)
  for (const show of shows) drawer.show(...show)
  return seen
}

describe('what is seen of a start', () => {
  it('of a service that tells its stages: a line for each, with the time of its log', async () => {
    const { members } = instanceWith({ service: starting.service })
    expect(
      await drawn(
        starting,
        [{ instance: { ...starting, phase: 'submitted' } }, null],
        [{ instance: starting, stages: [container] }, null],
        [{ instance: starting, stages: [container, weights('2 of 4 shards')] }, null],
        [{ instance: starting, stages: [container, weights('4 of 4 shards'), compile] }, null],
        [
          {
            instance: { ...starting, phase: 'ready', members },
            stages: [container, weights('4 of 4 shards'), compile],
          },
          'answered one token',
        ],
      ),
    ).to.deep.equal([
      ...['queued', '… queued 4m59s · job local-7a31', '✓ queued'],
      ...['container', '✓ container 8000 ms'],
      ...['weights', '… weights 2 of 4 shards'],
      ...['… weights 4 of 4 shards', '✓ weights 4 of 4 shards 41000 ms'],
      ...['compile', '✓ compile', 'ready', '✓ ready 127.0.0.1:39857, answered one token'],
    ])
  })

  it('of one that tells none: started, ready', async () => {
    const chroma = { ...starting, service: 'chroma' }
    const ready = instanceWith({ scheduler: 'slurm' })
    expect(
      await drawn(chroma, [{ instance: chroma }, null], [{ instance: ready }, 'answered']),
    ).to.deep.equal([
      'started',
      '✓ started on mel0001',
      'ready',
      '✓ ready 127.0.0.1:39857, answered',
    ])
  })

  it('of a batch job: how far it is, and what came of it', async () => {
    const running: Instance = { ...starting, shape: 'batch', phase: 'running' }
    const part = (share: number) => ({ text: 'parts', share })
    const outcome = { kind: 'completed', exitCode: 0, signal: null, summary: '', proof: 'receipt' }
    const ended = { ...running, phase: 'ended', outcome, lastResult: '42 things/s' } as Instance
    expect(
      await drawn(
        running,
        [{ instance: running }, null],
        [{ instance: running, progress: part(0.25) }, null],
        [{ instance: ended }, null],
      ),
    ).to.deep.equal(['running', '… running 25 % · parts', '✓ running 42 things/s'])
  })

  it('of a batch job with parts: a line for each that has ended, in every repeat', async () => {
    const running: Instance = { ...starting, shape: 'batch', phase: 'running' }
    const outcome = { kind: 'completed', exitCode: 0, signal: null, summary: '', proof: 'receipt' }
    const ended = { ...running, phase: 'ended', outcome, lastResult: 'score 1.84' } as Instance
    const done = (name: string) => ({ name, text: '2 GiB/s', ms: 5000 })
    const at = (part: string, ...names: string[]) => ({
      instance: running,
      progress: { text: `${part} goes on`, share: 0.5, part, done: names.map(done) },
    })
    expect(
      await drawn(
        running,
        [at('write'), null],
        [at('read', 'write'), null],
        [at('cleaning', 'write', 'stat', 'read'), null],
        [at('write'), null],
        [at('cleaning', 'write'), null],
        [{ instance: ended }, null],
      ),
    ).to.deep.equal([
      ...['write', '… write write goes on', '✓ write 2 GiB/s 5000 ms'],
      ...['read', '… read read goes on', '✓ read', 'stat', '✓ stat 2 GiB/s 5000 ms'],
      ...['read', '✓ read 2 GiB/s 5000 ms', 'cleaning', '… cleaning cleaning goes on'],
      ...['✓ cleaning', 'write', '… write write goes on', '✓ write 2 GiB/s 5000 ms'],
      ...['cleaning', '… cleaning cleaning goes on', '✓ cleaning', 'result', '✓ result score 1.84'],
    ])
  })

  it('of a job that ended: the stage it was in fails', async () => {
    const outcome = {
      kind: 'failed',
      exitCode: 1,
      signal: null,
      summary: 'no GPU',
      proof: 'receipt',
    } as const
    expect(
      await drawn(
        starting,
        [{ instance: starting, stages: [container] }, null],
        [{ instance: { ...starting, phase: 'ended', outcome } }, null],
      ),
    ).to.deep.equal(['container', '✗ container no GPU'])
  })
})
