import { expect } from 'chai'
import { Drawer } from '../../../src/lib/benchmarks/drawer.js'
import type { Progress } from '../../../src/lib/platform/progress.js'

interface Sample {
  type: 'sample'
  n: number
}

/** What was drawn, as lines. */
function drawn() {
  const lines: string[] = []
  const step = (title: string) => {
    lines.push(`begin ${title}`)
    return {
      update: (text: string, share?: number) =>
        lines.push(`${title}: ${text} ${share ?? ''}`.trim()),
      done: (text: string) => lines.push(`${title} done: ${text}`),
      fail: (text: string) => lines.push(`${title} failed: ${text}`),
    }
  }
  let lives = 0
  const drawer = new Drawer<Sample>({ step } as unknown as Progress, () => {
    const live = ++lives
    return { text: ({ n }) => `live ${live}, ${n}`, share: ({ n }) => (n > 1 ? n / 4 : undefined) }
  })
  return { drawer, lines }
}

describe('what is drawn of a benchmark', () => {
  it('is a line a phase, with the figures of that phase alone', () => {
    const { drawer, lines } = drawn()
    drawer.show({ type: 'phase', phase: 'ingest', text: 'begins' })
    drawer.show({ type: 'sample', n: 1 } as Sample)
    drawer.show({ type: 'phase-done', phase: 'ingest', text: 'all in', ms: 5 })
    drawer.show({ type: 'phase', phase: 'level', text: '' })
    drawer.show({ type: 'sample', n: 2 } as Sample)
    drawer.show({ type: 'failed', code: 'X', exitCode: 7, message: 'gone', hints: [] })
    drawer.show({ type: 'phase', phase: 'done', text: '' })
    expect(lines).to.deep.equal([
      'begin ingest',
      'ingest: begins',
      'ingest: live 2, 1',
      'ingest done: all in',
      'begin level',
      'level: live 3, 2 0.5',
      'level failed: failed',
    ])
  })
})
