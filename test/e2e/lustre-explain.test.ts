import { expect } from 'chai'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { aibench, envelopeOf } from '../support/cli.js'
import { sample } from '../support/io500-samples.js'
import { temporaryFolder } from '../support/surroundings.js'

interface Data {
  valid: boolean
  problems: { code: string; phase: string | null; text: string; fix: string }[]
  score: {
    total: number
    bandwidthGiBPerSecond: number
    metadataKiops: number
    recomputed: { total: number } | null
  } | null
  hash: { stated: string | null; computed: string | null; ok: boolean | null }
  phases: object[]
}

describe('aibench lustre explain', function () {
  this.timeout(60_000)

  const explained = async (...args: string[]) => {
    await using folder = await temporaryFolder()
    const result = await aibench(['lustre', 'explain', ...args, '--json'], { home: folder.path })
    return envelopeOf(result)
  }

  for (const [name, valid, code, total] of [
    ['valid-300s', true, 'few-nodes', 1.841745],
    ['validity-gap-stonewall31', false, 'stonewall-time', 3.388849],
    ['enospc', false, 'no-space', null],
  ] as const)
    it(`says as data what ${name} is worth`, async () => {
      const { ok, data } = await explained(sample(name))
      const { valid: isValid, problems, score, hash, phases } = data as Data
      expect(ok).to.equal(true)
      expect(isValid).to.equal(valid)
      expect(problems[0]).to.include({ code }).and.to.include.keys('phase', 'text', 'fix')
      expect(score?.total ?? null).to.equal(total)
      if (score) {
        expect(score.recomputed!.total).to.be.closeTo(score.total, 1e-4)
        expect(hash).to.include({ ok: true, stated: hash.computed })
      }
      expect(phases[0]).to.include.keys('name', 'value', 'unit', 'seconds', 'valid', 'percentile')
    })

  it('makes an invalid result a failure when told so, and still shows it', async () => {
    const { exitCode, error, data } = await explained(sample('enospc'), '--strict')
    expect(exitCode).to.equal(6)
    expect(error!.code).to.equal('AIB_RESULT_INVALID')
    expect((data as Data).valid).to.equal(false)
    expect((await explained(sample('valid-300s'), '--strict')).exitCode).to.equal(0)
  })

  it('tells several one after another, and what is neither a file nor a run', async () => {
    const { data } = await explained(sample('valid-300s'), sample('ior-standalone/plain.stdout'))
    expect((data as { results: object[] }).results).to.have.lengthOf(2)
    expect(await explained('no-such-run')).to.deep.include({ exitCode: 4 })
  })

  it('lets nothing of a hostile file reach the terminal', async () => {
    await using folder = await temporaryFolder()
    const file = join(folder.path, 'result_summary.txt')
    const evil =
      'IO500 version \u001b[2J\u001b]0;owned\u0007\u202eevil (standard)\n[SCORE ] Bandwidth 1.0 GiB/s : IOPS 1.0 kiops : TOTAL 1.0\n'
    await writeFile(file, evil)
    const { stdout } = await aibench(['lustre', 'explain', file], { home: folder.path })
    expect(stdout).to.include('evil')
    expect(stdout).not.to.match(/[\u001b\u0007\u202e]/)
  })
})
