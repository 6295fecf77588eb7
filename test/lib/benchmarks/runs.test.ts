import { expect } from 'chai'
import { showRun } from '../../../src/lib/benchmarks/runs.js'
import type { Run } from '../../../src/lib/state/schema.js'
import { benchmarkKind } from '../../../src/lib/app/catalog.js'
import { contextWith } from '../../support/context.js'
import { rejection } from '../../support/surroundings.js'

describe('the run that is shown', () => {
  const runAt = (id: string, startedAt: string): Run => ({
    ...{
      id,
      startedAt,
      service: 'vllm',
      instance: null,
      job: null,
      target: 'http://127.0.0.1:8000',
    },
    ...{ dir: '/nowhere', endedAt: startedAt, verdict: 'ok', summary: null },
  })

  it('is the newest when none is named', async () => {
    await using context = await contextWith()
    await context.state.update((draft) => {
      draft.runs.bbbb = runAt('bbbb', '2026-11-24T10:00:00.000Z')
      draft.runs.aaaa = runAt('aaaa', '2026-11-25T10:00:00.000Z')
    })
    expect((await showRun(context, benchmarkKind)).id).to.equal('aaaa')
    expect((await showRun(context, benchmarkKind, 'bbbb')).id).to.equal('bbbb')
  })

  it('is none before the first', async () => {
    await using context = await contextWith()
    const error = await rejection(showRun(context, benchmarkKind))
    expect(error).to.include({ code: 'AIB_RUN_UNKNOWN', message: 'No benchmark has been run yet' })
  })
})
