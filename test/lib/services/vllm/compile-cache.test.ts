import { expect } from 'chai'
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { compileCache, notKept } from '../../../../src/lib/services/vllm/compile-cache.js'
import type { VllmProgram } from '../../../../src/lib/services/vllm/program.js'
import { contextWith } from '../../../support/context.js'

const native = (version: string | null): VllmProgram => ({
  ...{ kind: 'native', argv: ['/v/bin/vllm'], version, origin: 'venv' },
})

describe('what vLLM compiles', () => {
  it('lives on by version, in a folder of its owner’s', async () => {
    await using context = await contextWith()
    const dir = await compileCache(context, native('0.32.0+cu130'))
    expect(dir).to.equal(join(context.environment.cacheDir, 'vllm', '0.32.0+cu130'))
    expect((await stat(dir!)).mode & 0o777).to.equal(0o700)
    expect(await compileCache(context, native('0.33.0'))).to.not.equal(dir)
    const image = { kind: 'image', path: 'x', sha256: 'ab'.repeat(32), version: null } as const
    expect(await compileCache(context, image)).to.match(/image-(ab){8}$/)
  })

  it('goes where the setting says, or nowhere', async () => {
    await using context = await contextWith()
    const set = (value: string) => {
      context.settings.get = (name: string) => (name === 'vllm.cache' ? value : undefined)
    }
    set(join(context.folder, 'mine'))
    expect(await compileCache(context, native('0.32.0'))).to.equal(
      join(context.folder, 'mine', '0.32.0'),
    )
    set('off')
    expect(await compileCache(context, native('0.32.0'))).to.equal(null)
  })

  it('is compiled again by versions whose key has the API key in it, which is said', () => {
    expect(notKept(native('0.26.0')).join()).to.include('runs torch.compile again')
    expect(notKept(native('0.32.0'))).to.deep.equal([])
    expect(notKept(native(null))).to.deep.equal([])
  })
})
