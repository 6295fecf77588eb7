import { expect } from 'chai'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { makeTokenFile } from '../../../src/lib/platform/token-file.js'
import { openStream, startTarget, textOf } from '../../support/gate.js'
import { temporaryFolder } from '../../support/surroundings.js'

const MAIN = fileURLToPath(new URL('../../../src/lib/gate/main.ts', import.meta.url))

/** The gate as a job runs it: a process of its own. */
function spawnGate(argv: readonly string[]) {
  const child = spawn(process.execPath, ['--import', 'tsx', MAIN, ...argv], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const [stdout, stderr] = [textOf(child.stdout), textOf(child.stderr)]
  const line = new Promise<string>((resolve) =>
    child.stdout.once('data', (chunk: Buffer) => resolve(String(chunk))),
  )
  return {
    child,
    /** Its address, once it listens. */
    url: async () => {
      const [, address] = /^gate listens on (\S+:\d+)\n$/.exec(await line)!
      return new URL(`http://${address}`)
    },
    end: async () => {
      const [[code, signal], out, err] = await Promise.all([once(child, 'close'), stdout, stderr])
      return { code: code as number | null, signal: signal as string | null, out, err }
    },
    [Symbol.dispose]: () => void child.kill('SIGKILL'),
  }
}

describe('the process of the gate', function () {
  it('guards a target, and TERM ends it in good order with a stream open', async () => {
    await using folder = await temporaryFolder()
    const file = join(folder.path, 'token')
    const upstreamFile = join(folder.path, 'upstream')
    const [token, upstream] = [await makeTokenFile(file), await makeTokenFile(upstreamFile)]
    let seen: string | undefined
    let closed: Promise<unknown> | undefined
    await using target = await startTarget((incoming, outgoing) => {
      seen = incoming.headers.authorization
      closed = once(outgoing, 'close')
      outgoing.write('data: 1\n\n')
    })
    using gate = spawnGate([
      ...['--listen', '127.0.0.1:0'],
      ...['--target', target.url.origin],
      ...['--token-file', file],
      ...['--upstream-token-file', upstreamFile],
    ])
    const ended = gate.end()
    const url = await gate.url()
    expect((await fetch(url)).status).to.equal(401)

    const path = new URL('/v1/x?api_key=private', url)
    const stream = await openStream(path, { authorization: `Bearer ${token}` })
    expect(seen).to.equal(`Bearer ${upstream}`)
    const cut = textOf(stream).then(
      () => 'whole',
      () => 'cut',
    )
    const commandLine = await readFile(`/proc/${gate.child.pid}/cmdline`, 'utf8')
    gate.child.kill('SIGTERM')
    const { code, signal, out, err } = await ended
    expect({ code, signal }).to.deep.equal({ code: 0, signal: null })
    expect(await cut).to.equal('cut')
    await closed
    expect(out).to.match(/^gate listens on 127\.0\.0\.1:\d+\n$/)
    for (const secret of [token, upstream, 'private'])
      expect(commandLine + out + err).to.not.include(secret)
  })

  it('ends at once when nothing is open', async () => {
    await using folder = await temporaryFolder()
    const file = join(folder.path, 'token')
    await makeTokenFile(file)
    for (const name of ['SIGTERM', 'SIGINT'] as const) {
      using gate = spawnGate([
        ...['--listen', '127.0.0.1:0'],
        ...['--target', 'http://127.0.0.1:9'],
        ...['--token-file', file],
      ])
      await gate.url()
      await sleep(50)
      gate.child.kill(name)
      expect(await gate.end()).to.include({ code: 0, err: '' })
    }
  })

  it('refuses a token file that others may read, and one without a token', async () => {
    await using folder = await temporaryFolder()
    const [file, empty] = [join(folder.path, 'token'), join(folder.path, 'empty')]
    const token = await makeTokenFile(file)
    await chmod(file, 0o644)
    await writeFile(empty, '\n', { mode: 0o600 })
    for (const { path, says } of [
      { path: file, says: `chmod 600 ${file}` },
      { path: empty, says: `${empty} is empty` },
    ]) {
      using gate = spawnGate([
        ...['--listen', '127.0.0.1:0'],
        ...['--target', 'http://127.0.0.1:9'],
        ...['--token-file', path],
      ])
      const { code, out, err } = await gate.end()
      expect({ code, out }).to.deep.equal({ code: 3, out: '' })
      expect(err)
        .to.include(says)
        .and.not.include(token)
        .and.not.match(/^\s+at /m)
    }
  })

  it('says what is wrong with its arguments, and when it cannot listen', async () => {
    await using folder = await temporaryFolder()
    const file = join(folder.path, 'token')
    await makeTokenFile(file)
    await using other = await startTarget(() => undefined)
    for (const { listen, target, exitCode, says } of [
      { listen: '127.0.0.1:0', target: 'no', exitCode: 2, says: /--target takes/ },
      { listen: other.url.host, target: 'http://127.0.0.1:9', exitCode: 3, says: /EADDRINUSE/ },
    ]) {
      using gate = spawnGate([
        ...['--listen', listen],
        ...['--target', target],
        ...['--token-file', file],
      ])
      const { code, out, err } = await gate.end()
      expect({ code, out }).to.deep.equal({ code: exitCode, out: '' })
      expect(err)
        .to.match(says)
        .and.not.match(/^\s+at /m)
    }
  })
})
