import { expect } from 'chai'
import { chmod, copyFile, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { aibench, envelopeOf, ROOT } from '../support/cli.js'
import { temporaryFolder } from '../support/surroundings.js'

const FIXTURES = join(ROOT, 'test/fixtures/filesystem/ini')

describe('ini files of io500', () => {
  const lines = (text: string) => text.split('\n').filter(Boolean)

  it('are made, checked and shown, each at 80 columns', async () => {
    await using home = await temporaryFolder()
    const at = { home: home.path, env: { PATH: '/usr/bin:/bin' } }
    const made = await aibench(
      ['lustre', 'ini', 'new', '--preset', 'submission', 'ior-easy.TransferSize=16m'],
      at,
    )
    expect(made).to.include({ code: 0, stderr: '' })
    expect(made.stdout).to.contain('aibench lustre io500 --ini config.ini')
    const text = await readFile(join(home.path, 'config.ini'), 'utf8')
    expect(text).to.contain('transferSize = 16m')

    const checked = await aibench(['lustre', 'ini', 'check', 'config.ini'], at)
    expect(checked).to.include({ code: 0, stderr: '' })
    expect(lines(checked.stdout.replaceAll(/\n {2}/g, ' '))).to.have.lengthOf(1)

    const shown = await aibench(['lustre', 'ini', 'show', 'config.ini', '--json'], at)
    expect(envelopeOf(shown).data.values).to.deep.equal([
      { section: 'ior-easy', name: 'transferSize', value: '16m', default: '2m' },
    ])
    const all = await aibench(['lustre', 'ini', 'show', 'config.ini', '--all', '--json'], at)
    expect(envelopeOf(all).data.values).to.have.lengthOf(91)

    const again = await aibench(['lustre', 'ini', 'new'], at)
    expect(again.code).to.equal(2)
    expect(again.stderr).to.contain('aibench lustre ini new --force')
    expect(await readFile(join(home.path, 'config.ini'), 'utf8')).to.equal(text)
    expect((await aibench(['lustre', 'ini', 'new', '--force'], at)).code).to.equal(0)
    const strict = await aibench(['lustre', 'ini', 'check', 'config.ini', '--strict'], at)
    expect(strict.code).to.equal(2)
  })

  it('say all that is wrong at once, with places and what to write', async () => {
    await using home = await temporaryFolder()
    const text =
      '[ior-easy]\nblocksize = 3m\r\ntransfersiez = 1m\n[ior-eazy]\n[mdtest-easy]\nn = 1k\n'
    await writeFile(join(home.path, 'x.ini'), text)
    const args = ['lustre', 'ini', 'check', 'x.ini', '--for', 'isc26']
    const ended = await aibench(args, { home: home.path })
    expect(ended.code).to.equal(2)
    for (const word of [
      'x.ini:2 ',
      'x.ini:3 ',
      'transferSize?',
      'x.ini:4 ',
      '[ior-easy]?',
      'n = 1000',
    ])
      expect(ended.stdout).to.contain(word)
    const { data, error } = envelopeOf(await aibench([...args, '--json'], { home: home.path }))
    expect(data).to.include({ isUsable: false, canCount: false, release: 'io500-isc26' })
    expect(data.problems.map(({ place }: { place: string }) => place)).to.deep.equal([
      ...['x.ini:2', 'x.ini:3', 'x.ini:4', 'x.ini:6'],
    ])
    expect(error?.code).to.equal('AIB_INI')
  })

  it('are for the io500 that was named: its own list of options counts', async () => {
    await using home = await temporaryFolder()
    const binary = join(home.path, 'io500')
    await copyFile(join(FIXTURES, 'list-isc24.txt'), join(home.path, 'list'))
    await writeFile(binary, `#!/bin/sh\nexec cat ${home.path}/list\n`)
    await chmod(binary, 0o755)
    const file = join(FIXTURES, 'ini-new-on-old.ini')
    const old = await aibench(['lustre', 'ini', 'check', file, '--for', binary], {
      home: home.path,
    })
    expect(old.code).to.equal(2)
    expect(old.stdout).to.contain('isc25 and later had it')
    const newer = await aibench(['lustre', 'ini', 'check', file], { home: home.path })
    expect(newer.code).to.equal(0)
    const run = ['lustre', 'io500', '--ini', file, '--io500', binary, '--scheduler', 'local']
    const refused = await aibench([...run, '--dry-run'], { home: home.path })
    expect(refused.code).to.equal(2)
    expect(refused.stderr).to.contain(`aibench lustre ini check ${file} --for ${binary}`)
    const none = await aibench(['lustre', 'ini', 'check', file, '--for', '/none'], {
      home: home.path,
    })
    expect(none.code).to.equal(3)
  })

  it('are not mixed up with other files', async () => {
    await using home = await temporaryFolder()
    for (const file of ['none.ini', '/bin', process.execPath]) {
      const { code, stdout, stderr } = await aibench(['lustre', 'ini', 'check', file], {
        home: home.path,
      })
      expect([2, 3], file).to.include(code)
      // Nothing of what a binary holds reaches a terminal.
      expect(stdout + stderr).to.not.match(/[\0-\x08\x0b-\x1f\x7f]/)
    }
  })
})
