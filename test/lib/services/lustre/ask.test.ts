import { expect } from 'chai'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Ask } from '../../../../src/lib/cli/ask.js'
import { askForRun } from '../../../../src/lib/services/lustre/face/ask.js'
import { contextWith } from '../../../support/context.js'
import { instanceWith } from '../../../support/instances.js'
import { rejection } from '../../../support/surroundings.js'

/** Answers in order; an empty one is the usual. */
function answering(...answers: string[]) {
  const asked: (string | null)[] = []
  const ask: Ask = async ({ usual, read }) => {
    asked.push(usual)
    const answer = answers.shift() || usual
    return answer === null ? undefined : read(answer)
  }
  return { ask, asked }
}

describe('what lustre bench asks', () => {
  it('is the ini file and the processes, quick and open at first', async () => {
    await using context = await contextWith()
    const { ask, asked } = answering('', '')
    const given = await askForRun(context, { repeats: 2 }, {}, ask)
    expect(asked).to.deep.equal(['quick', null])
    expect(given).to.deep.equal({ repeats: 2, preset: 'quick', procs: undefined })
  })

  it('is nothing of what was given', async () => {
    await using context = await contextWith()
    const { ask, asked } = answering()
    const given = { preset: 'debug' as const, procs: 2 }
    expect(await askForRun(context, given, {}, ask)).to.deep.equal(given)
    await askForRun(context, { ini: 'a.ini' }, { tasksPerNode: 4 }, ask)
    expect(asked).to.deep.equal([])
  })

  it('takes a file that is there, from the folder that it is asked in', async () => {
    await using context = await contextWith()
    const environment = { ...context.environment, cwd: context.folder }
    await writeFile(join(context.folder, 'my.ini'), '[global]\n')
    const { ask } = answering('my.ini', '8')
    expect(await askForRun({ ...context, environment }, {}, {}, ask)).to.deep.equal({
      ini: join(context.folder, 'my.ini'),
      procs: 8,
    })
    const error = await rejection(
      askForRun({ ...context, environment }, {}, {}, answering('no.ini').ask),
    )
    expect(error.message).to.equal(`There is no ini file ${join(context.folder, 'no.ini')}`)
  })

  for (const [last, usual] of [
    [{ preset: 'debug', procs: 2 }, ['debug', '2']],
    [{ ini: '/my/a.ini', procs: null }, ['/my/a.ini', null]],
  ] as const)
    it(`offers what the last run had: ${JSON.stringify(last)}`, async () => {
      const run = (id: string, day: number, options: Record<string, unknown>) =>
        instanceWith({
          ...{ id, name: id, service: 'lustre', options },
          intendedAt: `2026-11-${day}T10:00:00.000Z`,
        })
      await using context = await contextWith([
        run('aaaa', 23, { task: 'io500', procs: 9 }),
        run('bbbb', 24, { task: 'io500', ...last }),
        run('cccc', 25, { task: 'ior', procs: 7 }),
      ])
      const { ask, asked } = answering('debug', '')
      await askForRun(context, {}, {}, ask)
      expect(asked).to.deep.equal(usual)
    })
})
