import { expect } from 'chai'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as v from 'valibot'
import { UsageError } from '../../../src/lib/platform/errors.js'
import { readPlan, unfitFlags } from '../../../src/lib/benchmarks/plan-source.js'
import { flagNamer } from '../../../src/lib/options/set.js'
import { integer, texts } from '../../../src/lib/options/types.js'
import { contextWith, type FakeContext } from '../../support/context.js'
import { rejection } from '../../support/surroundings.js'

const Schema = v.object({ k: v.pipe(v.number(), v.integer()), levels: v.array(v.number()) })
const PLAN = { k: 5, levels: [1, 2] }

/** With a run `b7k2` on record whose plan is this text; the current folder is the context's own. */
async function withRun(plan: string | null) {
  const context = await contextWith()
  const dir = join(context.folder, 'runs', 'b7k2')
  await mkdir(dir, { recursive: true })
  if (plan !== null) await writeFile(join(dir, 'plan.json'), plan)
  await context.state.update((draft) => {
    draft.runs.b7k2 = {
      ...{
        id: 'b7k2',
        service: 'chroma',
        instance: null,
        job: null,
        target: 'http://127.0.0.1:1',
        dir,
      },
      ...{ startedAt: '2026-11-24T10:00:00.000Z', endedAt: null, verdict: 'ok', summary: null },
    }
  })
  return Object.assign(context, { environment: { ...context.environment, cwd: context.folder } })
}

const read = (context: FakeContext, from: string) => readPlan(context, Schema, from)

describe('a plan that is given', () => {
  it('is that of a run, by its id, or a file, seen from the current folder', async () => {
    await using context = await withRun(JSON.stringify(PLAN))
    expect(await read(context, 'b7k2')).to.deep.equal(PLAN)
    await writeFile(join(context.folder, 'mine.json'), '{"k": 7, "levels": []}')
    expect(await read(context, 'mine.json')).to.deep.equal({ k: 7, levels: [] })
  })

  it('is the file where a file has the name of a run', async () => {
    await using context = await withRun(JSON.stringify(PLAN))
    await writeFile(join(context.folder, 'b7k2'), '{"k": 9, "levels": []}')
    expect(await read(context, 'b7k2')).to.deep.equal({ k: 9, levels: [] })
  })

  for (const from of ['nowhere', 'constructor', '__proto__'])
    it(`is neither: ${from}`, async () => {
      await using context = await withRun(JSON.stringify(PLAN))
      const error = await rejection(read(context, from))
      expect(error).to.be.instanceOf(UsageError)
      expect(error.message).to.equal(`There is no plan file or run "${from}"`)
      expect(error.hints).to.deep.equal(['aibench runs list'])
    })

  it('that a run has lost is no crash', async () => {
    await using context = await withRun(null)
    expect(await rejection(read(context, 'b7k2'))).to.include({ exitCode: 2 })
  })

  for (const [text, says] of [
    ['', /The plan b7k2 must be JSON/],
    ['{"k": 5,}', /The plan b7k2 must be JSON/],
    ['[]', /Invalid plan b7k2/],
    ['{"k": 5}', /Invalid plan b7k2: .*levels/],
    ['{"k": 5, "levels": [1, "two"]}', /Invalid plan b7k2: .*levels\.1/],
    ['{"k": 1.5, "levels": []}', /Invalid plan b7k2: .*k/],
  ] as const)
    it(`is refused with what is wrong in it: ${text || 'nothing'}`, async () => {
      await using context = await withRun(text)
      const error = await rejection(read(context, 'b7k2'))
      expect(error).to.include({ exitCode: 2, code: 'AIB_PLAN' })
      expect(error.message)
        .to.match(says)
        .and.not.match(/undefined|NaN|\[object/)
    })
})

describe('a plan of flags that does not fit', () => {
  for (const [plan, says] of [
    [{ k: 1.5, levels: [] }, /--k\b/],
    [{ k: 5, levels: [1, 'two'] }, /--concurrency\b/],
  ] as const)
    it(`names the flag: ${says.source}`, () => {
      const { issues } = v.safeParse(Schema, plan)
      const error = unfitFlags(
        issues!,
        flagNamer({
          k: integer({ summary: 'So many.' }),
          levels: texts({ flag: 'concurrency', summary: 'Each of these.' }),
        }),
      )
      expect(error).to.include({ exitCode: 2, code: 'AIB_PLAN' })
      expect(error.message).to.match(says).and.not.include('levels')
    })
})
