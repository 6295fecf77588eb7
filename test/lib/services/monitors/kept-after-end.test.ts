import { expect } from 'chai'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { keptAfterEnd } from '../../../../src/lib/services/monitors/rescued.js'
import { contextWith } from '../../../support/context.js'
import { instanceWith } from '../../../support/instances.js'

describe('monitors that have ended', () => {
  async function warningsOf({
    archived = false,
    readyAt = '2026-11-27T10:00:00.000Z' as string | null,
  }) {
    await using context = await contextWith()
    const instance = instanceWith({
      name: 'monitors',
      service: 'monitors',
      runDir: context.folder,
      readyAt,
    })
    if (archived) {
      await mkdir(join(context.folder, 'archive'))
      await writeFile(join(context.folder, 'archive', 'manifest.json'), '{}')
    }
    const warnings: string[] = []
    await keptAfterEnd({ ...context, warn: (text: string) => void warnings.push(text) }, instance)
    return warnings
  }

  it('without an archive say that their data were not saved', async () => {
    expect((await warningsOf({})).join()).to.match(
      /^the data of monitors were not saved; aibench monitors logs/,
    )
  })

  it('say nothing with one, or when they never were ready', async () => {
    expect(await warningsOf({ archived: true })).to.deep.equal([])
    expect(await warningsOf({ readyAt: null })).to.deep.equal([])
  })
})
