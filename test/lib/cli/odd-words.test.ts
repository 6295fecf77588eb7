import { expect } from 'chai'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { aibench, envelopeOf } from '../../support/cli.js'
import { temporaryFolder } from '../../support/surroundings.js'

/** Names that every object of JavaScript has: words of users must never find them. */
const INHERITED = ['constructor', '__proto__', 'toString', 'hasOwnProperty']

describe('words that are names of something inside the language', () => {
  for (const word of INHERITED)
    it(`${word} is no command, setting, run, plan or page`, async () => {
      await using folder = await temporaryFolder()
      const run = async (...args: string[]) =>
        envelopeOf(await aibench([...args, '--json'], { home: folder.path }))
      expect(await run(word)).to.include({ exitCode: 127 })
      expect(await run('config', 'get', word)).to.include({ exitCode: 4 })
      expect(await run('config', 'set', word, 'x')).to.include({ exitCode: 4 })
      expect(await run('runs', 'show', word)).to.include({ exitCode: 4 })
      expect(await run('vllm', 'check', word)).to.include({ exitCode: 4 })
      const bench = ['vllm', 'bench', '--url', 'http://127.0.0.1:1', '--plan', word]
      expect(await run(...bench)).to.include({ exitCode: 2 })
      const help = await aibench(['help', word], { home: folder.path })
      expect(help.code).to.equal(127)
    }).timeout(60_000)
})

describe('AIBENCH_JSON', () => {
  for (const value of ['1', 'true', 'yes'])
    it(`=${value} gives the envelope also of a mistake in the flags`, async () => {
      await using folder = await temporaryFolder()
      const ended = await aibench(['status', '--nope'], {
        home: folder.path,
        env: { AIBENCH_JSON: value },
      })
      expect(envelopeOf(ended)).to.include({ exitCode: 2, ok: false })
    })
})

describe('a home that no job could run in', () => {
  for (const name of ['new\nline', 'back\\slash', 'bell\u0007'])
    it(`${JSON.stringify(name)} is refused before anything is made`, async () => {
      await using folder = await temporaryFolder()
      const home = join(folder.path, name)
      const ended = await aibench(['status', '--json'], { home, cwd: folder.path })
      expect(envelopeOf(ended).error).to.include({ code: 'AIB_ODD_FOLDER' })
    })
})

describe('a file with a secret, given as a plan by mistake', () => {
  it('is not quoted', async () => {
    await using folder = await temporaryFolder()
    const file = join(folder.path, 'token')
    await writeFile(file, 'hf_SECRET\n', { mode: 0o600 })
    const args = ['vllm', 'bench', '--url', 'http://127.0.0.1:1', '--plan', file]
    const { stderr, stdout, code } = await aibench(args, { home: folder.path })
    expect(code).to.equal(2)
    expect(stderr + stdout).to.not.include('SECRET')
  })
})
