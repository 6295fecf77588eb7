import { expect } from 'chai'
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { aibench, envelopeOf } from '../support/cli.js'
import { sample } from '../support/io500-samples.js'
import { temporaryFolder } from '../support/surroundings.js'

describe('a packed result', function () {
  this.timeout(60_000)

  it('is read by the program as it is built, with its packages beside it', async () => {
    await using folder = await temporaryFolder()
    const path = join(folder.path, 'result.tgz')
    execFileSync('tar', ['-czf', path, '-C', sample('valid-scc-30s'), 'results'])
    const args = ['lustre', 'explain', path, '--json']
    const { data } = envelopeOf(await aibench(args, { home: folder.path })) as {
      data: { score: { total: number } }
    }
    expect(data.score.total).to.equal(3.317776)
  })
})
